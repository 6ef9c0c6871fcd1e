// What can go wrong between a run and a server, in words that say what to do. No message holds a key: servers and
// storage hosts are named by their origin only, for presigned addresses are keys too.

export type UploadErrorCode =
  | "no-key"
  | "bad-key"
  | "bad-server"
  | "unauthorized"
  | "forbidden"
  | "gone"
  | "quota"
  | "too-large"
  | "refused"
  | "unavailable"
  | "network"
  | "tls"
  | "redirect"
  | "cors"
  | "resume"
  | "locked"
  | "broken-file"
  | "missing-file"
  | "stopped";

export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly code: UploadErrorCode;
  /** Of the answer; 0 where there was none. */
  readonly status: number;

  constructor(
    code: UploadErrorCode,
    message: string,
    { status = 0, cause }: { status?: number; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
  }
}

/** What anything else threw: the run's files could not be read or written. */
export function asUploadError(error: unknown): UploadError {
  if (error instanceof UploadError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new UploadError("broken-file", message, { cause: error });
}

/** Where a request went, as people may read it: never the query, which may be a signature. */
export function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return "an address that is none";
  }
}

/** The message in an error body: GraphQL's `errors`, `error`, or the first line of a page. */
export function bodyMessage(body: string): string {
  try {
    const message = jsonMessage(JSON.parse(body));
    if (message !== undefined) return message;
  } catch {
    // Not JSON: a load balancer's page, or S3's XML.
  }
  const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1];
  const detail = /<Message>([^<]*)<\/Message>/.exec(body)?.[1];
  if (code !== undefined) return withoutAddresses(detail === undefined ? code : `${code}: ${detail}`);
  const text = body.replace(/<(style|script)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ");
  const line = text.split("\n").find((part) => part.trim() !== "") ?? "";
  return withoutAddresses(line.replace(/\s+/g, " ").trim().slice(0, 200));
}

/** W&B's form of errors (core/internal/api/backenderrors.go): messages joined by "; ". */
export function jsonMessage(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { errors, error } = json as { errors?: unknown; error?: unknown };
  if (Array.isArray(errors) && errors.length > 0) {
    return withoutAddresses(errors.map((each) => messageOf(each) ?? "an error without a message").join("; "));
  }
  const message = messageOf(error);
  return message === undefined ? undefined : withoutAddresses(message);
}

function messageOf(error: unknown): string | undefined {
  if (typeof error === "string") return error;
  const message = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : undefined;
  return typeof message === "string" ? message : undefined;
}

/** A server's message may quote a presigned address. */
function withoutAddresses(text: string): string {
  return text.replace(/(https?:\/\/[^\s?"']*)\?[^\s"']*/g, "$1?…");
}

/** Error codes of Node, Deno and Bun for certificates; a retry cannot change them. */
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|EPROTO|UnknownIssuer|certificate/i;

/** What `fetch` threw, as an error in words. */
export function networkError(url: string, cause: unknown, hint = ""): UploadError {
  const reasons: string[] = [];
  for (let error: unknown = cause; error instanceof Error && reasons.length < 4; error = error.cause) {
    const { code } = error as { code?: unknown };
    reasons.push(typeof code === "string" ? `${code} ${error.message}` : error.message);
    // Node tries several addresses of a host, and keeps their errors apart.
    const [first] = (error as { errors?: unknown[] }).errors ?? [];
    if (first instanceof Error) reasons.push(first.message);
  }
  const reason = withoutAddresses(reasons.at(-1) || String(cause));
  if (reasons.some((each) => TLS.test(each))) {
    return new UploadError(
      "tls",
      `${originOf(url)}: its certificate is not trusted (${reason}). For a certificate authority of your own set ` +
        "NODE_EXTRA_CA_CERTS to its file",
      { cause },
    );
  }
  return new UploadError("network", `${originOf(url)} cannot be reached: ${reason}${hint && `. ${hint}`}`, { cause });
}
