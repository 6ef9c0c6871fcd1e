// The worker's side: the Image of a request, as what postMessage moves back.
import { Adapted, type Source } from "../adapt/index.ts";
import { Image, type ImageInput } from "../image/image.ts";
import { packedRows } from "../rows.ts";
import type { Warning } from "../warnings.ts";
import { type Answer, plainError, type Request, type SentPicture } from "./messages.ts";
import type { Movable } from "./threads.ts";

/** Never throws: what goes wrong is in the answer. */
export function answerTo({ picture, options, buffers }: Request): { answer: Answer; transfer: readonly Movable[] } {
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning) => void warnings.push(warning);
  try {
    const image = new Image(new Adapted(sourceOf(picture)) as object as ImageInput, { ...options, onWarning });
    const [message, moved] = image.transfer();
    return { answer: { result: { image: message }, warnings, buffers }, transfer: [...moved, ...buffers] };
  } catch (error) {
    return { answer: { result: { error: plainError(error) }, warnings, buffers }, transfer: buffers };
  }
}

function sourceOf(picture: SentPicture): Source {
  if (picture.kind !== "decoded") return picture;
  const { pixels, mode, width, height } = picture.rows;
  return { ...picture, rows: packedRows(pixels, mode, width, height) };
}
