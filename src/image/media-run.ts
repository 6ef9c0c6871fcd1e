// What an Image asks of a run, so that image/ need not know log/.

export type ClassLabels = Readonly<Record<number, string>>;

export interface MediaRun {
  readonly id: string;
  /** Puts the bytes at files/`path` (forward slashes) and records the file; the same path twice is written once. */
  saveMedia(path: string, bytes: Uint8Array): void;
  /** Config `_wandb`/`kind`/`key`, written when first seen or changed. */
  saveClassLabels(kind: "bounding_box/class_labels" | "mask/class_labels", key: string, labels: ClassLabels): void;
}
