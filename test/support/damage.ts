// Runs, random damage to them, and what must be left of them: by an independent reader, from the bytes that are still there.
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { Image, init } from "../../src/node.ts";
import { assemble, decodeRecord, type LogRecord } from "./wandb-reader.ts";

type Row = Record<string, unknown>;

interface Placed {
  readonly start: number;
  readonly end: number;
  readonly record: LogRecord;
}

export interface Original {
  readonly dir: string;
  readonly log: string;
  readonly bytes: Buffer;
  readonly records: readonly Placed[];
  /** Files of the run by path → SHA-256. */
  readonly files: ReadonlyMap<string, string>;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Logs a run of nine blocks: scalars, long texts, pictures, lists, boxes and masks, nested and odd keys. */
export async function logRun(dir: string, id: string): Promise<Original> {
  const run = init({ dir, id, name: `run ${id}`, project: "repair", config: { lr: 0.1, deep: { a: [1] } } });
  const picture = (n: number, layers = false) =>
    new Image(
      [
        [n, 255],
        [0, n],
      ],
      {
        caption: `caption ${n}`,
        ...(layers && {
          boxes: {
            truth: {
              box_data: [{ position: { minX: 0, maxX: n / 300, minY: 0, maxY: 1 }, class_id: 1 }],
              class_labels: { 1: "car" },
            },
          },
          masks: {
            "sea/sky": {
              mask_data: [
                [n % 7, 1],
                [2, n % 5],
              ],
              class_labels: { 1: "sky" },
            },
          },
        }),
      },
    );
  for (let step = 0; step < 8; step++) {
    run.log({
      loss: step === 3 ? Number.NaN : 1 / (step + 1),
      big: 9007199254740993n + BigInt(step),
      text: String.fromCharCode(97 + step).repeat(step * 5000),
      nested: { pic: picture(step + 100), "a.b": { c: step } },
      "val/pic": picture(step, true),
      list: [picture(step + 20), picture(step + 40, step % 2 === 0), picture(step + 60)],
    });
  }
  run.summary.best = 5;
  await run.finish();
  return read(run.dir);
}

export function read(dir: string): Original {
  const log = readdirSync(dir).find((name) => name.endsWith(".wandb"))!;
  const bytes = readFileSync(join(dir, log));
  const files = new Map(filesIn(dir).map((path) => [path, sha256(readFileSync(join(dir, "files", path)))]));
  return { dir, log, bytes, records: placedRecords(bytes), files };
}

export function filesIn(dir: string): string[] {
  const names = readdirSync(join(dir, "files"), { recursive: true }) as string[];
  return names.filter((name) => statSync(join(dir, "files", name)).isFile()).sort();
}

/** Everything in a folder, hashed: to see that it was not touched. */
export function fingerprint(dir: string): string {
  const names = (readdirSync(dir, { recursive: true }) as string[]).sort();
  return names
    .map((name) => `${name} ${statSync(join(dir, name)).isFile() ? sha256(readFileSync(join(dir, name))) : ""}`)
    .join("\n");
}

/** The records of a whole file, and where each lies. */
function placedRecords(bytes: Buffer): Placed[] {
  const records: Placed[] = [];
  let parts: Uint8Array[] = [];
  let start = 7;
  for (let at = 7; at < bytes.length; ) {
    const left = 32768 - (at % 32768);
    if (left < 7) {
      at += left;
      continue;
    }
    const type = bytes[at + 6]!;
    const end = at + 7 + bytes.readUInt16LE(at + 4);
    if (crc32(bytes.subarray(at + 6, end)) !== bytes.readUInt32LE(at)) throw new Error(`checksum at ${at}`);
    if (type <= 2) start = at;
    parts.push(bytes.subarray(at + 7, end));
    if (type === 1 || type === 4) {
      records.push({ start, end, record: decodeRecord(Uint8Array.from(Buffer.concat(parts))) });
      parts = [];
    }
    at = end;
  }
  return records;
}

/** A copy of the run at `dir`, with one to three kinds of random damage, which are named. */
export function damagedCopy(original: Pick<Original, "dir" | "log">, dir: string, random: () => number): string[] {
  mkdirSync(dirname(dir), { recursive: true });
  cpSync(original.dir, dir, { recursive: true });
  const kinds = Object.keys(DAMAGE);
  const done: string[] = [];
  for (let i = 1 + Math.floor(random() * 3); i > 0; i--) {
    const kind = kinds[Math.floor(random() * kinds.length)]!;
    DAMAGE[kind]!(dir, join(dir, original.log), (n) => Math.floor(random() * n));
    done.push(kind);
  }
  return done;
}

type Below = (n: number) => number;

const DAMAGE: Record<string, (dir: string, log: string, below: Below) => void> = {
  "bits flipped": (_, log, below) =>
    change(log, (bytes) => {
      for (let i = below(8); i >= 0; i--) bytes[below(bytes.length)]! ^= 1 << below(8);
    }),
  "header broken": (_, log, below) =>
    change(log, (bytes) => {
      bytes[below(7)]! ^= 1 << below(8);
    }),
  "block zeroed": (_, log, below) =>
    change(log, (bytes) => {
      const start = below(Math.ceil(bytes.length / 32768)) * 32768;
      bytes.fill(0, start, Math.min(start + 32768, bytes.length));
    }),
  "range zeroed": (_, log, below) =>
    change(log, (bytes) => {
      const start = below(bytes.length);
      bytes.fill(0, start, Math.min(start + below(9000), bytes.length));
    }),
  "log cut": (_, log, below) => truncateSync(log, below(statSync(log).size)),
  "files deleted": (dir, _, below) => {
    for (let i = below(4); i >= 0; i--) rmSync(place(dir, below));
  },
  "files renamed": (dir, _, below) => {
    for (let i = below(4); i >= 0; i--) {
      const from = place(dir, below);
      renameSync(from, below(2) === 0 ? `${from}.moved` : join(dir, "files", `found-${below(1e9)}.png`));
    }
  },
  "files swapped": (dir, _, below) => {
    const [a, b] = [place(dir, below), place(dir, below)];
    const bytes = readFileSync(a);
    writeFileSync(a, readFileSync(b));
    writeFileSync(b, bytes);
  },
  "file flipped": (dir, _, below) =>
    change(place(dir, below), (bytes) => {
      if (bytes.length > 0) bytes[below(bytes.length)]! ^= 1 << below(8);
    }),
  "file cut": (dir, _, below) => {
    const file = place(dir, below);
    truncateSync(file, below(statSync(file).size + 1));
  },
};

function change(file: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  if (bytes.length > 0) edit(bytes);
  writeFileSync(file, bytes);
}

function place(dir: string, below: Below): string {
  const files = filesIn(dir);
  return join(dir, "files", files[below(files.length)]!);
}

export interface Left {
  /** Rows whose records are whole, without what names a lost file. */
  readonly rows: readonly Row[];
  /** Files that can be had and are named by a whole record, or lie whole under their names: path → SHA-256. */
  readonly files: ReadonlyMap<string, string>;
  /** Whether anything that was the run's is changed. */
  readonly isDamaged: boolean;
}

/** What is left of a damaged run. */
export function leftOf(original: Original, dir: string): Left {
  const bytes = readFileSync(join(dir, original.log));
  const isWhole = ({ start, end }: Placed) =>
    end <= bytes.length && Buffer.compare(bytes.subarray(start, end), original.bytes.subarray(start, end)) === 0;
  const whole = original.records.filter(isWhole);
  const there = new Map(filesIn(dir).map((path) => [path, sha256(readFileSync(join(dir, "files", path)))]));
  const hashes = new Set(there.values());
  const has = (path: string) => hashes.has(original.files.get(path)!);

  const named = new Set<string>();
  const rows: Row[] = [];
  for (const { record } of whole) {
    if (record.kind === "files") named.add(record.file!);
    if (record.kind !== "history" && record.kind !== "summary") continue;
    const row = assemble(record.items);
    for (const path of JSON.stringify(row, (_, value) => (typeof value === "bigint" ? String(value) : value)).match(
      /media\/[^"]+/g,
    ) ?? [])
      named.add(path);
    if (record.kind === "history") rows.push(spared(row, has));
  }
  const files = new Map<string, string>();
  for (const [path, hash] of original.files) {
    if (hashes.has(hash) && (named.has(path) || there.get(path) === hash)) files.set(path, hash);
  }
  const filesChanged = [...original.files].some(([path, hash]) => there.get(path) !== hash);
  const isDamaged = filesChanged || Buffer.compare(bytes, original.bytes) !== 0;
  return { rows, files, isDamaged };
}

function spared(row: Row, has: (path: string) => boolean): Row {
  const kept: Row = {};
  for (const [key, value] of Object.entries(row)) {
    const rest = sparedValue(value, has);
    if (rest !== undefined) kept[key] = rest;
  }
  return kept;
}

function sparedValue(value: unknown, has: (path: string) => boolean): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const media = value as Row;
  if (media._type === "image-file") {
    if (!has(media.path as string)) return undefined;
    const { boxes, masks, ...rest } = media;
    return { ...rest, ...layers("boxes", boxes, has), ...layers("masks", masks, has) };
  }
  if (media._type === "images/separated") {
    const { filenames, captions, all_boxes, all_masks, ...rest } = media as {
      filenames: string[];
      captions: string[];
      all_boxes?: (Row | null)[];
      all_masks?: (Row | null)[];
    };
    const stays = filenames.map(has);
    if (!stays.includes(true)) return undefined;
    const some = <T>(list: readonly T[]) => list.filter((_, i) => stays[i]);
    const all = (name: string, list: readonly (Row | null)[] | undefined) => {
      const kept = some(list ?? []).map((one) => (one === null ? null : (layers("x", one, has).x ?? null)));
      return kept.some((one) => one !== null) ? { [name]: kept } : {};
    };
    return {
      ...rest,
      count: some(filenames).length,
      filenames: some(filenames),
      captions: some(captions),
      ...all("all_boxes", all_boxes),
      ...all("all_masks", all_masks),
    };
  }
  const inner = spared(media, has);
  return Object.keys(inner).length === 0 ? undefined : inner;
}

function layers(name: string, value: unknown, has: (path: string) => boolean): Row {
  const kept = Object.entries((value ?? {}) as Record<string, Row>).filter(([, layer]) => has(layer.path as string));
  return kept.length === 0 ? {} : { [name]: Object.fromEntries(kept) };
}
