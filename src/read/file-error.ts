// What the system says of files, with their paths: it leaves them out where it reads or writes an open one. Node only.

/** @param words by the system's code, where ours say more */
export function fileError(path: string, error: unknown, words: Readonly<Record<string, string>> = {}): Error {
  const { code, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  return Object.assign(new Error(`${path}: ${words[code ?? ""] ?? message}`, { cause: error }), { code });
}

/** What `work` gives. @throws what it throws, naming the path */
export async function namingFile<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw fileError(path, error);
  }
}
