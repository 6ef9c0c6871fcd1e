// The worker's side: the Image of a request, as what postMessage moves back.
import { Adapted, type Source } from "../adapt/index.ts";
import { Image, type ImageInput } from "../image/image.ts";
import { helpWithPicture } from "../image/picture.ts";
import { packedRows } from "../rows.ts";
import { Helper, Leader } from "../team.ts";
import type { Warning } from "../warnings.ts";
import { type Answer, HELPED, plainError, type Request, type SentPicture } from "./messages.ts";
import type { Movable } from "./threads.ts";

/** Never throws: what goes wrong is in the answer. */
export function answerTo(request: Request): { answer: Answer; transfer: readonly Movable[] } {
  if (request.helper !== undefined) return help(request);
  const { picture, options, buffers, team } = request;
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning) => void warnings.push(warning);
  const leader = team && new Leader(team);
  try {
    const source = { ...sourceOf(picture), ...(leader && { team: leader }) };
    const image = new Image(new Adapted(source) as object as ImageInput, { ...options, onWarning });
    const [message, moved] = image.transfer();
    return { answer: { result: { image: message }, warnings, buffers }, transfer: [...moved, ...buffers] };
  } catch (error) {
    return { answer: { result: { error: plainError(error) }, warnings, buffers }, transfer: buffers };
  } finally {
    leader?.ends();
  }
}

/** Its errors are the leader's, who encodes what is missing. */
function help({ picture, options, team, helper }: Request): { answer: Answer; transfer: readonly Movable[] } {
  try {
    const source = sourceOf(picture);
    if (source.kind === "frame" || source.kind === "decoded") {
      helpWithPicture(source, options, new Helper(team!, helper!));
    }
  } catch {}
  return { answer: { result: HELPED, warnings: [], buffers: [] }, transfer: [] };
}

function sourceOf(picture: SentPicture): Source {
  if (picture.kind !== "decoded") return picture;
  const { pixels, mode, width, height } = picture.rows;
  return { ...picture, rows: packedRows(pixels, mode, width, height) };
}
