// config.yaml, which W&B shows beside a run: JSON values as block YAML, whose double-quoted strings are JSON's.
import { parseJson } from "../read/json.ts";

export function yamlOf(json: string): string {
  return `${block(parseJson(json), "").replace(/^\n/, "")}\n`;
}

/** What follows a key and its colon. */
function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []";
    return value.map((item) => `\n${indent}-${block(item, `${indent}    `)}`).join("");
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)); // as W&B sorts them
    if (entries.length === 0) return " {}";
    return entries.map(([key, inner]) => `\n${indent}${keyText(key)}:${block(inner, `${indent}    `)}`).join("");
  }
  return ` ${scalar(value)}`;
}

function scalar(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value < 0 ? "-.inf" : ".inf";
  return Number.isInteger(value) ? String(value) : floatText(value);
}

/** YAML 1.1 takes 1e-7 for a string: it wants a point and a sign. */
function floatText(value: number): string {
  return String(value).replace(/^(-?\d+)(e.*)$/, "$1.0$2");
}

function keyText(key: string): string {
  return /^[A-Za-z_][\w./-]*$/.test(key) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(key)
    ? key
    : JSON.stringify(key);
}
