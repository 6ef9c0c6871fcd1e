// The place where node.ts or browser.ts puts its synchronous SHA-256.

export type Sha256 = (bytes: Uint8Array) => string;

let implementation: Sha256 | undefined;

export function setSha256(sha256: Sha256): void {
  implementation = sha256;
}

/** 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  if (implementation === undefined) throw new Error('no SHA-256: import "wandb-image", not a file of its src/');
  return implementation(bytes);
}
