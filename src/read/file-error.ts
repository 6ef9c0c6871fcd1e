// What the system says of files, with their paths: it leaves them out where it reads or writes an open one. Node only.
/** What of `fs.Stats` is used. */
interface FileKind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** @param words by the system's code, where ours say more */
export function fileError(path: string, error: unknown, words: Readonly<Record<string, string>> = {}): Error {
  const { code, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  return Object.assign(new Error(`${path}: ${words[code ?? ""] ?? message}`, { cause: error }), { code });
}

/** A pipe would be waited for without end, a device read without end. @throws Error for what is no file */
export function checkIsFile(path: string, found: FileKind): void {
  if (found.isFile()) return;
  const kinds = { isDirectory: "a folder", isSymbolicLink: "a link", isFIFO: "a pipe", isSocket: "a socket" } as const;
  const kind = Object.entries(kinds).find(([is]) => found[is as keyof typeof kinds]())?.[1] ?? "a device";
  throw fileError(path, Object.assign(new Error(`expected a file; got ${kind}`), { code: "EISDIR" }));
}

/** What `work` gives. @throws what it throws, naming the path */
export async function namingFile<T>(
  path: string,
  work: Promise<T>,
  words?: Readonly<Record<string, string>>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw fileError(path, error, words);
  }
}
