// Encoded files, .npy arrays, .wandb records and zips that are almost right: a whole one, changed in a few places.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { init as initInMemory } from "../../../build/modules/browser.js";
import { Image } from "../../../build/modules/node.js";
import { openRun } from "../../../build/modules/read.js";
import { netrcPassword, parseSettings } from "../../../build/modules/upload/credentials.js";
import { parseCursor } from "../../../build/modules/upload/cursor.js";
import { ROOT } from "../harness.mjs";

const gradient = Uint8Array.from({ length: 19 * 13 * 4 }, (_, i) => (i * 7) % 256);
const rgb = { data: gradient.subarray(0, 19 * 13 * 3), width: 19, height: 13 };
const raw = { raw: { width: 19, height: 13, channels: 4 } };

async function pictures() {
  const modes = [
    ["png", {}],
    ["png", { palette: true }],
    ["png", { mode: "1" }],
    ["jpg", {}],
    ["jpg", { subsampling: "4:4:4", quality: 95 }],
    ["jpg", { mode: "CMYK" }],
    ["bmp", {}],
    ["bmp", { mode: "P" }],
  ];
  const ours = modes.map(([fileType, options]) => new Image(rgb, { fileType, ...options }).bytes);
  const theirs = await Promise.all([
    sharp(gradient, raw).png({ progressive: true }).toBuffer(),
    sharp(gradient, raw).jpeg({ progressive: true }).toBuffer(),
    sharp(gradient, raw).gif().toBuffer(),
    sharp(gradient, raw).webp().toBuffer(),
  ]);
  const npy = JSON.parse(readFileSync(join(ROOT, "test/fixtures/npy.json"), "utf8"));
  const arrays = Object.values(npy).flatMap((value) =>
    typeof value === "string" ? [Buffer.from(value, "base64")] : [],
  );
  return [...ours, ...theirs, ...arrays].map((bytes) => new Uint8Array(bytes));
}

async function runs() {
  const run = initInMemory({ mode: "offline", onWarning() {} });
  for (let n = 0; n < 20; n++)
    run.log({ loss: n, "a/b": { c: n, s: "x".repeat(n) }, picture: new Image(rgb, { caption: `${n}` }) });
  await run.finish();
  return { files: await run.toFiles(), zip: new Uint8Array(await (await run.toZip()).arrayBuffer()) };
}

const [PICTURES, RUN] = await Promise.all([pictures(), runs()]);
const [RECORDS] = [...RUN.files].filter(([path]) => path.endsWith(".wandb"));

/** Changes that one draws; kept apart, so that a failing input can be made smaller. */
function changesOf(random, bases) {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const [kind, at, value, length] = [random.below(7), random.next(), random.below(2 ** 32), 1 + random.below(12)];
    const other = random.of(bases);
    return (bytes) => change(bytes, kind, Math.floor(at * bytes.length), value, length, other);
  });
}

function change(bytes, kind, at, value, length, other) {
  if (kind === 2 && bytes.length >= 8) return bytes.slice(0, at);
  if (kind === 3 && bytes.length >= 8) return joined(bytes.subarray(0, at + length), bytes.subarray(at));
  if (kind === 4 && bytes.length >= 8) return joined(bytes.subarray(0, at), bytes.subarray(at + length));
  if (kind === 5 && bytes.length >= 8) return joined(bytes.subarray(0, at), other.subarray(at));
  const copy = bytes.slice();
  if (kind === 0 || copy.length < 8) copy[at] = value;
  else if (kind === 1) {
    const word = value % 3 === 0 ? value : 2 ** 32 - 1 - (value % 9);
    new DataView(copy.buffer).setUint32(Math.min(at, copy.length - 4), word, value % 2 === 0);
  } else copy[at] ^= 1 << (value % 8);
  return copy;
}

function joined(head, tail) {
  const both = new Uint8Array(head.length + tail.length);
  both.set(head);
  both.set(tail, head.length);
  return both;
}

const USES = {
  picture: {
    bases: PICTURES,
    async use(bytes) {
      const image = new Image(bytes, { onWarning() {} });
      image.toDataArray({ layout: "HWC" });
      image.equals(new Image(bytes, { onWarning() {} }));
    },
  },
  "picture to be read asynchronously": {
    bases: [...PICTURES],
    use: async (bytes) => void (await Image.from(new Blob([bytes]), { onWarning() {} })),
  },
  "record file": {
    bases: [RECORDS[1]],
    async use(bytes) {
      const run = await openRun(new Map([[RECORDS[0], bytes]]));
      for await (const row of run.rows()) void row;
    },
  },
  zip: {
    bases: [RUN.zip],
    async use(bytes) {
      const run = await openRun(new Blob([bytes]));
      for await (const row of run.rows()) void row;
    },
  },
};

/** Texts that are read before anything is uploaded. */
const TEXTS = {
  credentials: {
    bases: [
      "machine api.wandb.ai\n  login user\n  password 0123456789abcdef0123456789abcdef01234567\n",
      'machine a login "b c" password "d\\"e" account f\nmacdef x\n\ndefault login u password p\n# end',
    ],
    use: (text) => void netrcPassword(text, "api.wandb.ai"),
  },
  settings: {
    bases: ["[default]\nbase_url = https://wandb.example\nproject=cats\n; a comment\n[other]\nmode = offline\n"],
    use: (text) => void parseSettings(text),
  },
  cursor: {
    bases: [
      JSON.stringify({
        ...{ version: 1, baseUrl: "http://x", entity: "a", project: "b", runId: "c", storageId: "d", displayName: "e" },
        ...{ start: { history: 0, events: 0, output: 0 }, offset: 1, rows: 1, files: 1, owed: [], complete: false },
      }),
    ],
    use: (text) => void parseCursor(text, "x"),
  },
  layers: {
    bases: [
      '{"boxes": {"a": {"box_data": [{"position": {"minX": 0, "minY": 0, "maxX": 1, "maxY": 1}, "class_id": 1, "box_caption": "x", "scores": {"s": 0.5}, "domain": "pixel"}], "class_labels": {"1": "cat"}}}}',
      '{"boxes": {"a": {"box_data": [{"position": {"middle": [0.5, 0.5], "width": 0.1, "height": 0.2}, "class_id": 0}]}}, "classes": [{"id": 0, "name": "dog"}]}',
      '{"masks": {"a": {"mask_data": [[0, 1], [2, 3]], "class_labels": {"1": "cat"}}}, "caption": "x", "mode": "L", "grouping": 2}',
    ],
    use(text) {
      let options;
      try {
        options = JSON.parse(text);
      } catch {
        return;
      }
      const image = new Image(
        [
          [0, 1],
          [1, 0],
        ],
        { ...options, onWarning() {} },
      );
      void [image.boxes, image.masks, image.bytes];
    },
  },
};
for (const [name, { bases, use }] of Object.entries(TEXTS)) {
  const encoded = bases.map((text) => new TextEncoder().encode(text));
  USES[name] = { bases: encoded, use: async (bytes) => use(new TextDecoder().decode(bytes)) };
}

const MAX_BASES = 400;
const MAX_BYTES = 4096;
const heard = new Set();

/**
 * An input that is refused in words that were not heard yet has come somewhere new: further inputs begin from it. A cheap stand-in for
 * coverage, which no kept tool measures here (jazzer.js 4.0.0 needs a newer C library than the Node images have).
 */
function learn(kind, words, bytes) {
  const sentence = `${kind} ${words.replace(/\d+|"[^"]*"/g, "#").slice(0, 120)}`;
  if (heard.has(sentence)) return;
  heard.add(sentence);
  const { bases } = USES[kind];
  const found = bytes();
  if (bases.length < MAX_BASES && found.length <= MAX_BYTES) bases.push(found);
}

/** @returns what to try, its changes, and how to try fewer of them */
export function fileCase(random) {
  const kind = random.of(["picture", "picture", "picture", ...Object.keys(USES)]);
  const { bases, use } = USES[kind];
  const base = random.of(bases);
  const parts = changesOf(random, bases);
  const bytesOf = (changes) => changes.reduce((bytes, change) => change(bytes), base);
  return {
    parts,
    call: (changes) => use(bytesOf(changes)),
    learn: (words) => learn(kind, words, () => bytesOf(parts)),
    show: (changes) => `${kind} ${Buffer.from(bytesOf(changes)).toString("base64").slice(0, 2000)}`,
  };
}
