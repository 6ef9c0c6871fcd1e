// What the names of layers and classes say.

/** Names by layer and class id. */
export type Labels = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** W&B's own name for a class that was given none. */
export function className(labels: Labels | undefined, layer: string, id: number): string {
  return labels?.[layer]?.[id] ?? `class_${id}`;
}

/** Classes of masks that stand for nothing are off until they are asked for. */
export function isBackground(name: string, id: number): boolean {
  return id === 0 && /^(class_0|background|bg|void|none|nothing|ignored?|unlabel+ed|empty)$/i.test(name);
}

/** Layers named so hold the truth; boxes of others are dashed beside them. */
export function isTruth(layer: string): boolean {
  return /(^|[^a-z])(gt|truth|ground|label|labels|target|targets|annotations?|reference)([^a-z]|$)/i.test(layer);
}
