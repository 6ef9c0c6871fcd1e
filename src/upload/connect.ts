// A server, from what a program or its surroundings say of it.
import { type Clock, realClock } from "./clock.ts";
import { type Address, type Credentials, resolveAddress, resolveAuthorization } from "./credentials.ts";
import type { Server } from "./graphql.ts";
import { type Fetch, Http, type OnRetry } from "./http.ts";
import type { Machine } from "./machine.ts";

export interface ConnectOptions extends Credentials {
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Whether the server itself holds the key, as a relay does: then none is looked for. */
  readonly relay?: boolean | undefined;
  readonly userAgent?: string | undefined;
  readonly onRetry?: OnRetry | undefined;
  readonly timeoutScale?: number | undefined;
}

/** @throws UploadError in words, where there is no key, or no server could be meant */
export function connect(options: ConnectOptions, machine: Machine): Server & { readonly address: Address } {
  const address = resolveAddress(options, machine);
  const { env } = machine;
  const http = new Http({
    fetch: options.fetch ?? machine.fetch ?? ((url, init) => fetch(url, init as RequestInit)),
    clock: options.clock ?? realClock,
    onRetry: options.onRetry,
    timeoutScale: options.timeoutScale,
    credentials: options.relay ? "same-origin" : "omit",
    diagnose: async (url) => machine.diagnose?.(url),
  });
  const none = { source: "the relay", header: async () => undefined };
  return {
    address,
    baseUrl: address.baseUrl,
    appUrl: address.appUrl,
    http,
    authorization: options.relay ? none : resolveAuthorization(options, address, machine, http),
    graphqlHeaders: {
      ...(env.WANDB_USERNAME && { "X-WANDB-USERNAME": env.WANDB_USERNAME }),
      ...(env.WANDB_USER_EMAIL && { "X-WANDB-USER-EMAIL": env.WANDB_USER_EMAIL }),
    },
    userAgent: options.userAgent,
  };
}
