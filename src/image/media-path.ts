// Where a medium lies in a run: files/media/<folder>/<key>_<step>_<first 20 digits of its SHA-256>.<extension>.

/**
 * A key as part of a path, as W&B makes it (`make_file_path_upload_safe`): it never leads out of the run directory, and doubled
 * slashes are one, as they are to the file system and so to `wandb sync`.
 */
export function safeKey(key: string): string {
  const parts = key.replace(/^\/+/, "").split(/\/+/);
  const safe = parts.map((part) => (part === "." ? "_" : part === ".." ? "__" : part));
  return safe.join("/").toWellFormed();
}

export function mediaPath(folder: string, key: string, step: number, sha256: string, extension: string): string {
  return `media/${folder}/${safeKey(key)}_${step}_${sha256.slice(0, 20)}${extension}`;
}
