// What W&B says of images logged together under one key: its panel shows them all in the first one's form.
import { describe } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { checkOneOf } from "../options.ts";
import { MAX_ITEMS } from "../wandb-format.ts";
import { type OnWarning, warn } from "../warnings.ts";

/** What matters of an Image in a list. */
interface Listed {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly mode: string | null;
}

export interface ListOptions {
  /** More than 108 images: "truncate" (default, W&B's) keeps the first 108 and warns; "error" refuses the list. */
  readonly onOverflow?: "truncate" | "error" | undefined;
  readonly onWarning?: OnWarning | undefined;
}

/** @throws TypeError for anything but a list of Images, naming what stands in it */
export function checkImages(call: string, images: unknown, isImage: (value: unknown) => boolean): void {
  if (!Array.isArray(images)) throw new TypeError(`${call}: expected a list of Images; got ${describe(images)}`);
  const odd = images.findIndex((image) => !isImage(image));
  if (odd >= 0) throw new TypeError(`${call}: expected an Image at ${odd}; got ${describe(images[odd])}`);
}

/**
 * The images of a list that are logged.
 * @throws RangeError for an empty list, and for one over MAX_ITEMS where `onOverflow` says so
 */
export function keptImages<T extends Listed>(images: readonly T[], key: string, options: ListOptions): readonly T[] {
  checkOptionNames("seqToJson", options, ["onOverflow", "onWarning"]);
  const { onOverflow = "truncate", onWarning } = options;
  checkOneOf("onOverflow", onOverflow, ["truncate", "error"]);
  if (images.length === 0) throw new RangeError(`${key}: a list of no images`);
  checkOverflow(images.length, key, onOverflow);
  if (images.length > MAX_ITEMS) {
    warn(
      "max-items",
      `${key}: only ${MAX_ITEMS} of ${images.length} images are logged, W&B's limit for a list`,
      onWarning,
    );
  }
  return images.slice(0, MAX_ITEMS);
}

/** @throws RangeError for more images than W&B shows, where `onOverflow` says so */
export function checkOverflow(count: number, key: string, onOverflow: ListOptions["onOverflow"]): void {
  if (count > MAX_ITEMS && onOverflow === "error") {
    throw new RangeError(
      `${key}: ${count} images; W&B shows at most ${MAX_ITEMS} of a list. Log them under several keys or steps`,
    );
  }
}

/** W&B's panel draws a list in the size and format of its first image; says so where they differ, naming them. */
export function warnMixed(images: readonly Listed[], key: string, onWarning: OnWarning | undefined): void {
  const differing = (name: string, of: (image: Listed) => string) => {
    const values = [...new Set(images.map(of))];
    if (values.length > 1) {
      const more = values.length > 5 ? ` and ${values.length - 5} more` : "";
      warn(
        `mixed-${name}`,
        `${key}: Images ${name} do not match: ${values.slice(0, 5).join(", ")}${more}. ${CONSEQUENCE}`,
        onWarning,
      );
    }
  };
  differing("sizes", (image) => `${image.width}×${image.height}`);
  differing("formats", (image) => image.format);
  differing("modes", (image) => image.mode ?? image.format);
}

const CONSEQUENCE = "This will cause images to be displayed incorrectly in the UI";
