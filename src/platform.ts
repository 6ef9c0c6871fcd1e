// What the engine around us gives: node.ts or browser.ts puts it here, so that no stage need know where it runs.

export interface Platform {
  /** SHA-256 in 64 hexadecimal digits. */
  sha256(bytes: Uint8Array): string;
  /** The same, off this thread and faster where the engine has it so. */
  digest(bytes: Uint8Array): Promise<string>;
  /** @throws where there is no file system, saying so */
  readFile(path: string): Uint8Array;
  /** @throws where there is no file system, saying so */
  writeFile(path: string, bytes: Uint8Array): void;
}

let current: Platform | undefined;

export function setPlatform(platform: Platform): void {
  current = platform;
}

export function platform(): Platform {
  if (current === undefined) throw new Error('import "wandb-image" itself, not a file inside it');
  return current;
}
