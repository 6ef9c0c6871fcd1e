// A .boxes2D.json file, ours or Python's, → the boxes that can be drawn. What is no box is left out.
import { parseJson } from "../read/json.ts";
import type { BoxMark } from "./api.ts";

export function boxMarks(bytes: Uint8Array): BoxMark[] {
  try {
    const { box_data } = parseJson(new TextDecoder().decode(bytes)) as { box_data?: unknown };
    return Array.isArray(box_data) ? box_data.flatMap((box) => mark(box) ?? []) : [];
  } catch {
    return [];
  }
}

type Json = Readonly<Record<string, unknown>>;

function mark(box: Json | null): BoxMark | null {
  const at = cornersOf(box?.position as Json | null | undefined);
  if (box === null || at === null) return null;
  const { domain, class_id, box_caption, scores } = box;
  const numbers = Object.entries((scores ?? {}) as Json).filter(([, score]) => Number.isFinite(score));
  return {
    at,
    ...(domain === "pixel" ? { pixel: true } : {}),
    ...(Number.isInteger(class_id) ? { classId: class_id as number } : {}),
    ...(typeof box_caption === "string" && box_caption !== "" ? { caption: box_caption } : {}),
    ...(numbers.length > 0 ? { scores: Object.fromEntries(numbers) as Record<string, number> } : {}),
  };
}

function cornersOf(position: Json | null | undefined): BoxMark["at"] | null {
  if (typeof position !== "object" || position === null) return null;
  const { minX, minY, maxX, maxY, middle, width, height } = position;
  const corners = [minX, minY, maxX, maxY].map(Number);
  if (corners.every(Number.isFinite)) return corners as unknown as BoxMark["at"];
  if (!Array.isArray(middle)) return null;
  const [x, y, w, h] = [middle[0], middle[1], width, height].map(Number) as [number, number, number, number];
  return [x, y, w, h].every(Number.isFinite) ? [x - w / 2, y - h / 2, x + w / 2, y + h / 2] : null;
}
