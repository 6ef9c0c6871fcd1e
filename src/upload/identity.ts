// WANDB_IDENTITY_TOKEN_FILE: a JWT of one's own identity provider, exchanged for an access token that is renewed in time
// and kept where W&B's client keeps it (core/internal/api/credentials.go), so that both share one.
import { originOf, UploadError } from "./errors.ts";
import type { Authorization } from "./graphql.ts";
import type { Http } from "./http.ts";
import { GRAPHQL } from "./http.ts";
import { configDirectory, type Machine } from "./machine.ts";

interface AccessToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const RENEW_BEFORE = 5 * 60_000;

export function identityAuthorization(
  tokenFile: string,
  baseUrl: string,
  machine: Machine,
  http: Http,
  now: () => number = Date.now,
): Authorization {
  const config = configDirectory(machine);
  const cacheFile = machine.env.WANDB_CREDENTIALS_FILE || (config && `${config}/credentials.json`);
  const cached = () => readCache((cacheFile && machine.readText(cacheFile)) || "");
  let current = cached()[baseUrl];
  let exchange: Promise<AccessToken> | undefined;

  async function renew(signal?: AbortSignal): Promise<AccessToken> {
    const token = await exchangeToken(readIdentity(tokenFile, machine), baseUrl, http, now, signal);
    if (cacheFile) {
      try {
        machine.writePrivate(cacheFile, cacheText({ ...cached(), [baseUrl]: token }));
      } catch {
        // Then the next process exchanges for itself.
      }
    }
    return token;
  }

  return {
    source: `WANDB_IDENTITY_TOKEN_FILE (${tokenFile})`,
    async header(signal) {
      if (current === undefined || current.expires - now() <= RENEW_BEFORE) {
        exchange ??= renew(signal).finally(() => {
          exchange = undefined;
        });
        current = await exchange;
      }
      return `Bearer ${current.token}`;
    },
  };
}

/** Read again for each exchange: identity providers replace the file. */
function readIdentity(tokenFile: string, machine: Machine): string {
  const token = machine.readText(tokenFile)?.trim();
  if (token) return token;
  throw new UploadError("bad-key", `WANDB_IDENTITY_TOKEN_FILE: ${tokenFile} has no token that can be read`);
}

async function exchangeToken(
  assertion: string,
  baseUrl: string,
  http: Http,
  now: () => number,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  const answer = await http.send({
    what: "exchange of the identity token",
    url: `${baseUrl}/oidc/token`,
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: grant, assertion }).toString(),
    policy: { ...GRAPHQL, retries: (status) => status === 429 || status >= 500 },
    signal,
  });
  try {
    const { access_token, expires_in } = JSON.parse(answer.body);
    if (typeof access_token === "string" && Number(expires_in) > 0) {
      return { token: access_token, expires: now() + Number(expires_in) * 1000 };
    }
  } catch {
    // Said below.
  }
  throw new UploadError(
    "unauthorized",
    `exchange of the identity token: ${originOf(baseUrl)} answered without a token`,
  );
}

/** W&B's file: {"credentials": {base: {access_token, expires_at: "YYYY-MM-DD HH:MM:SS" in UTC}}}. */
function readCache(text: string): Record<string, AccessToken> {
  const tokens: Record<string, AccessToken> = {};
  try {
    const { credentials } = JSON.parse(text) as {
      credentials?: Record<string, { access_token?: unknown; expires_at?: unknown }>;
    };
    for (const [base, { access_token, expires_at }] of Object.entries(credentials ?? {})) {
      const expires = Date.parse(`${String(expires_at).replace(" ", "T")}Z`);
      if (typeof access_token === "string" && !Number.isNaN(expires)) tokens[base] = { token: access_token, expires };
    }
  } catch {
    // No cache yet, or a broken one: a new exchange replaces it.
  }
  return tokens;
}

function cacheText(tokens: Readonly<Record<string, AccessToken>>): string {
  const credentials = Object.fromEntries(
    Object.entries(tokens).map(([base, { token, expires }]) => [
      base,
      { access_token: token, expires_at: new Date(expires).toISOString().slice(0, 19).replace("T", " ") },
    ]),
  );
  return `${JSON.stringify({ credentials }, null, 2)}\n`;
}
