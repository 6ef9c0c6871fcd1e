// JSON as W&B writes it: with bare NaN, Infinity and -Infinity, and integers of 64 bits. Nothing here recurses, for a file
// may nest as deep as it is long.

/** A bare word or a number at `lastIndex`. */
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity|true|false|null)/y;

/** What only `JSON.parse` of W&B's dialect takes, or would read otherwise: 16 digits may exceed a double. */
const NEEDS_OWN_PARSER = /NaN|Infinity|\d{16}/;

/**
 * The value that `text` stands for. An integer some of whose digits a number would lose is a bigint.
 * @throws SyntaxError if it is no JSON
 */
export function parseJson(text: string): unknown {
  return NEEDS_OWN_PARSER.test(text) ? parseDialect(text) : JSON.parse(text);
}

/** Whether `text` is one value of W&B's JSON. */
export function isJson(text: string): boolean {
  try {
    return skipSpace(text, walk(text, skipSpace(text, 0), IGNORE)) === text.length;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** What a walk over a value meets, in order, and where in the text. */
export interface Visitor {
  open(container: "{" | "[", start: number): void;
  key(json: string): void;
  scalar(json: string): void;
  close(end: number): void;
}

const IGNORE: Visitor = { open() {}, key() {}, scalar() {}, close() {} };

/** Walks over the object that `text` is. */
export function walkObject(text: string, visitor: Visitor): void {
  walk(text, skipSpace(text, 0), visitor);
}

export function isObject(text: string): boolean {
  return text[skipSpace(text, 0)] === "{";
}

/** Walks over the value at `start`, and says where it ends. */
function walk(text: string, start: number, visitor: Visitor): number {
  const inside: ("{" | "[")[] = [];
  let at = start;
  for (;;) {
    // A value begins at `at`.
    const first = text[at];
    if (first === "{" || first === "[") {
      visitor.open(first, at);
      inside.push(first);
      at = skipSpace(text, at + 1);
      if (text[at] !== (first === "{" ? "}" : "]")) {
        if (first === "{") at = walkKey(text, at, visitor);
        continue;
      }
    } else {
      const end = first === '"' ? endOfString(text, at) : endOfScalar(text, at);
      visitor.scalar(text.slice(at, end));
      at = end;
    }
    // It has ended at `at`, or its container is about to.
    for (;;) {
      const container = inside.at(-1);
      if (container === undefined) return at;
      at = skipSpace(text, at);
      if (text[at] === (container === "{" ? "}" : "]")) {
        inside.pop();
        at++;
        visitor.close(at);
        continue;
      }
      if (text[at] !== ",") throw unexpected(text, at);
      at = skipSpace(text, at + 1);
      if (container === "{") at = walkKey(text, at, visitor);
      break;
    }
  }
}

/** Over a key and its colon. */
function walkKey(text: string, at: number, visitor: Visitor): number {
  const end = endOfString(text, at);
  visitor.key(text.slice(at, end));
  const colon = skipSpace(text, end);
  if (text[colon] !== ":") throw unexpected(text, colon);
  return skipSpace(text, colon + 1);
}

function endOfScalar(text: string, at: number): number {
  SCALAR.lastIndex = at;
  if (!SCALAR.test(text)) throw unexpected(text, at);
  return SCALAR.lastIndex;
}

function endOfString(text: string, at: number): number {
  if (text[at] !== '"') throw unexpected(text, at);
  let end = at;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) throw unexpected(text, text.length);
  } while (isEscaped(text, end));
  const string = text.slice(at, end + 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what JSON forbids
  if (/[\\\x00-\x1f]/.test(string)) JSON.parse(string);
  return end + 1;
}

/** Whether an odd number of backslashes stands before `at`. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === "\\") before--;
  return (at - before) % 2 === 1;
}

function skipSpace(text: string, at: number): number {
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

function unexpected(text: string, at: number): SyntaxError {
  const found = at < text.length ? JSON.stringify(text.slice(at, at + 20)) : "the end";
  return new SyntaxError(`JSON: unexpected ${found} at ${at}`);
}

function parseDialect(text: string): unknown {
  const root: unknown[] = [];
  const containers: (unknown[] | Record<string, unknown>)[] = [root];
  let key = "";
  const put = (value: unknown) => {
    const container = containers.at(-1)!;
    if (Array.isArray(container)) container.push(value);
    // Defined, so that "__proto__" is a key like any other.
    else Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
  };
  const end = walk(text, skipSpace(text, 0), {
    open(kind) {
      const container = kind === "{" ? {} : [];
      put(container);
      containers.push(container);
    },
    key(json) {
      key = JSON.parse(json) as string;
    },
    scalar(json) {
      put(scalarOf(json));
    },
    close() {
      containers.pop();
    },
  });
  if (skipSpace(text, end) !== text.length) throw unexpected(text, end);
  return root[0];
}

function scalarOf(json: string): unknown {
  if (json === "NaN" || json.endsWith("Infinity")) return Number(json);
  const value: unknown = JSON.parse(json);
  // A double that is written as it was read keeps every digit, as those do that JavaScript logged.
  return typeof value === "number" && /^-?\d{16,}$/.test(json) && String(value) !== json ? BigInt(json) : value;
}
