// Which server, and whose key: W&B's order and files (wandb/sdk/lib/wbauth, settings_file.py), with one rule more. A
// folder that somebody else wrote may hold a wandb/settings that names a server, and must not get a key by that.
import { originOf, UploadError } from "./errors.ts";
import type { Authorization } from "./graphql.ts";
import type { Http } from "./http.ts";
import { identityAuthorization } from "./identity.ts";
import { configDirectory, type Machine } from "./machine.ts";

export interface Address {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly appUrl: string;
  /** Where the base URL came from. */
  readonly source: string;
  /** Whether a file in the working directory chose the server. */
  readonly fromWorkingDirectory: boolean;
}

export interface Credentials {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
}

const DEFAULT_BASE_URL = "https://api.wandb.ai";

/** `[default]` of W&B's settings files: the user's, and over it the working directory's. */
export interface SettingsFiles {
  readonly user: Readonly<Record<string, string>>;
  readonly workingDirectory: Readonly<Record<string, string>>;
}

export function readSettingsFiles(machine: Machine): SettingsFiles {
  const read = (path: string | undefined) => parseSettings((path && machine.readText(path)) || "");
  const { cwd } = machine;
  const config = configDirectory(machine);
  const hidden = cwd && machine.readText(`${cwd}/.wandb/settings`); // W&B's rule: .wandb is used where it is there
  return {
    user: read(config && `${config}/settings`),
    workingDirectory: hidden ? parseSettings(hidden) : read(cwd && `${cwd}/wandb/settings`),
  };
}

/** An INI file's `[default]` section. */
export function parseSettings(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[(.*)\]\s*$/.exec(line);
    if (header) section = header[1]!;
    const item = /^\s*([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (!header && item && section === "default") values[item[1]!.toLowerCase()] = item[2]!;
  }
  return values;
}

export function resolveAddress(given: Credentials, machine: Machine): Address {
  const { user, workingDirectory } = readSettingsFiles(machine);
  const places: readonly (readonly [string | undefined, string])[] = [
    [given.baseUrl, "baseUrl"],
    [machine.env.WANDB_BASE_URL, "WANDB_BASE_URL"],
    [workingDirectory.base_url, "wandb/settings in the working directory"],
    [user.base_url, "the settings file"],
    [DEFAULT_BASE_URL, "the default"],
  ];
  const index = places.findIndex(([url]) => url);
  const [url, source] = places[index]!;
  const baseUrl = checkBaseUrl(url!, source);
  const appUrl = machine.env.WANDB_APP_URL?.replace(/\/+$/, "") || appUrlOf(baseUrl);
  return { baseUrl, appUrl, source, fromWorkingDirectory: index === 2 };
}

/** W&B's rules (host_url.py): the app's own address is not the API's, and wandb.ai takes no plain http. */
function checkBaseUrl(text: string, source: string): string {
  const fail = (why: string) => new UploadError("bad-server", `base URL (from ${source}): ${why}`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw fail(`expected a URL such as ${DEFAULT_BASE_URL}; got one that cannot be read`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw fail(`expected http:// or https://; got ${url.protocol}//`);
  }
  if (url.username !== "" || url.password !== "") {
    throw fail("a name or password in it; pass the key as apiKey or WANDB_API_KEY");
  }
  if (/^(www\.|app\.)?wandb\.ai$/.test(url.hostname))
    throw fail(`${url.host} is W&B's app; its API is ${DEFAULT_BASE_URL}`);
  if (/(^|\.)wandb\.ai$/.test(url.hostname) && url.protocol === "http:") {
    throw fail(`http is not secure; expected ${url.href.replace("http:", "https:")}`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** As W&B builds it (wandb/util.py, api_to_app_url). */
export function appUrlOf(baseUrl: string): string {
  if (/:\/\/api\.wandb\./.test(baseUrl)) return baseUrl.replace("://api.wandb.", "://wandb.");
  return baseUrl.replace("://api.", "://app.");
}

/** @throws UploadError where no key is found, or what is found cannot be one; it says where keys come from */
export function resolveAuthorization(
  given: Credentials,
  address: Address,
  machine: Machine,
  http: Http,
): Authorization {
  const { env } = machine;
  const { baseUrl, appUrl, fromWorkingDirectory } = address;
  if (given.apiKey !== undefined && !fromWorkingDirectory) return keyAuthorization(given.apiKey, "apiKey", address);
  const tokenFile = env.WANDB_IDENTITY_TOKEN_FILE;
  if (tokenFile && env.WANDB_API_KEY && !fromWorkingDirectory) {
    throw new UploadError("bad-key", "WANDB_API_KEY and WANDB_IDENTITY_TOKEN_FILE are both set; expected one of them");
  }
  if (env.WANDB_API_KEY && !fromWorkingDirectory) return keyAuthorization(env.WANDB_API_KEY, "WANDB_API_KEY", address);
  if (tokenFile && !fromWorkingDirectory) return identityAuthorization(tokenFile, baseUrl, machine, http);

  const { host } = new URL(baseUrl);
  for (const path of netrcPaths(machine)) {
    const text = machine.readText(path);
    if (text === undefined) continue;
    const password = netrcPassword(text, host);
    if (password !== undefined) return keyAuthorization(password, path, address);
    break; // W&B reads the first that is there
  }
  const held = given.apiKey !== undefined ? "apiKey" : env.WANDB_API_KEY ? "WANDB_API_KEY" : tokenFile && "a token";
  if (fromWorkingDirectory && held) {
    throw new UploadError(
      "no-key",
      `${originOf(baseUrl)} was chosen by ${address.source}, and ${held} is not sent to a server that only a file ` +
        `there names. If you trust it, set WANDB_BASE_URL=${baseUrl} too, or pass it as baseUrl`,
    );
  }
  throw new UploadError(
    "no-key",
    `no API key for ${originOf(baseUrl)}: pass apiKey, set WANDB_API_KEY, or put "machine ${host} login user ` +
      `password <key>" into ~/.netrc. Keys are at ${appUrl}/authorize`,
  );
}

function netrcPaths({ env, home }: Machine): string[] {
  if (env.NETRC) return [env.NETRC.replace(/^~(?=[/\\])/, home ?? "~")];
  return home === undefined ? [] : [`${home}/.netrc`, `${home}/_netrc`];
}

/**
 * The password for `host`, with its port. Words may be quoted as in a shell. The `default` entry does not count: it is
 * not meant for a host that a base URL names.
 */
export function netrcPassword(text: string, host: string): string | undefined {
  // A macro lasts to the next empty line, a comment to the end of its own.
  const plain = text.replace(/^\s*macdef[\s\S]*?(\n\s*\n|$(?![\s\S]))/gm, "\n").replace(/(^|\s)#[^\n]*/g, "$1");
  const words = [...plain.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/g)].map(
    ([, double, single, bare]) => single ?? (double ?? bare!).replace(/\\(.)/g, "$1"),
  );
  let machine: string | undefined;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === "machine") machine = words[++i];
    else if (words[i] === "default") machine = undefined;
    else if (words[i] === "password" && words[++i] !== undefined && machine === host) return words[i];
    else if (words[i] === "login" || words[i] === "account") i++;
  }
  return undefined;
}

/**
 * 40 hexadecimal digits, `local-…`, `wandb_v1_…` and what may come: W&B's rule (wbauth/validation.py) is a least length
 * of what follows a prefix, never an exact one; a JWT passes.
 */
export function checkKey(key: unknown, source: string, appUrl: string): string {
  const fail = (why: string) =>
    new UploadError("bad-key", `API key (from ${source}): ${why}. Copy it again from ${appUrl}/authorize`);
  if (typeof key !== "string") throw fail(`expected a string; got ${key === null ? "null" : typeof key}`);
  const trimmed = key.trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(trimmed)) return trimmed;
  const secret = trimmed.includes("-") ? trimmed.slice(trimmed.indexOf("-") + 1) : trimmed;
  if (!/^[\w-]*$/.test(trimmed)) throw fail("it has characters other than A–Z a–z 0–9 _ -");
  if (secret.length < 40) throw fail(`expected 40 characters or more; got ${secret.length}`);
  return trimmed;
}

function keyAuthorization(key: string, source: string, { appUrl }: Address): Authorization {
  // In a closure, so that nothing that shows an object shows the key.
  const header = `Basic ${btoa(`api:${checkKey(key, source, appUrl)}`)}`;
  return { source, header: async () => header };
}
