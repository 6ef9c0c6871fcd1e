// Options, shapes, boxes, masks, configs and texts of every wrong kind: proxies, throwing getters, detached and shared memory, numbers in
// place of strings, keys of Object.prototype.
import {
  argmaxMask,
  BoundingBoxes2D,
  box,
  Classes,
  compactMask,
  Histogram,
  Image,
  ImageMask,
  init,
  makeGrid,
  masksOf,
} from "../../../build/modules/browser.js";
import { encodeJpeg, encodePng } from "../../../build/modules/encoders.js";
import { netrcPassword, parseSettings } from "../../../build/modules/upload/credentials.js";

const NAMES = [
  ..."mode caption grouping classes boxes masks fileType normalize range denormalize bitDepth layout quality subsampling".split(
    " ",
  ),
  ..."compression colormap background maxSize channelOrder flipY palette onWarning data shape strides stride offset dtype".split(
    " ",
  ),
  ..."width height channels __proto__ constructor toString then length box_data class_labels mask_data path logits position".split(
    " ",
  ),
];
const WORDS = [
  "RGB",
  "L",
  "P",
  "png",
  "jpg",
  "HWC",
  "CHW",
  "auto",
  "minmax",
  "viridis",
  "#fff",
  "4:4:4",
  "fast",
  "uint8",
  "<f4",
  "\0",
  "\ud800",
  "s3://x",
  "",
];
const NUMBERS = [0, 1, -1, 2, 3, 4, 0.5, 16, 255, 65500, 65501, 1e9, 2 ** 31, 2 ** 53, -0, NaN, Infinity, -Infinity];

class Ours extends Error {
  isOurs = true;
}

function hostile(random, depth = 0) {
  const kinds = [
    () => random.of(NUMBERS),
    () => random.of(WORDS),
    () => random.of([undefined, null, true, false, Symbol("s"), 5n, () => 1, new Date(NaN), /x/]),
    () => memory(random),
    () => Array.from({ length: random.below(5) }, () => hostile(random, depth + 1)),
    () => record(random, depth),
    () => new Map([[1, hostile(random, depth + 1)]]),
    () => new Proxy(record(random, depth), proxyHandler(random)),
    () => ({
      get data() {
        throw new Ours("getter");
      },
    }),
    () => treacherous(random),
    () => itself(random),
  ];
  return depth > 3 ? random.of(NUMBERS) : random.of(kinds)();
}

/** A list, or an object, that holds itself. */
function itself(random) {
  if (random.chance(0.5)) {
    const object = {};
    const field = { value: object, enumerable: true, configurable: true };
    for (let n = 1 + random.below(3); n > 0; n--) Object.defineProperty(object, random.of(NAMES), field);
    return object;
  }
  const list = random.chance(0.5) ? [] : [0];
  for (let n = 1 + random.below(3); n > 0; n--) list.push(list);
  return list;
}

/** The memory of the last array. */
let victim;

/** Takes the memory away, or makes it smaller, while a call reads a property. */
function treacherous(random) {
  const betray = random.of([
    () => structuredClone(victim, { transfer: [victim] }),
    () => victim.resize(0),
    () => victim.resize(Math.floor(victim.byteLength / 2)),
  ]);
  const object = { ...picture(), ...record(random, 3) };
  const value = random.chance(0.5) ? object.shape : random.of([0, "RGB", "HWC", true, [4, 4], undefined]);
  return Object.defineProperty(object, random.of(NAMES), {
    get() {
      try {
        betray();
      } catch {
        // Memory of another kind.
      }
      return value;
    },
    enumerable: true,
    configurable: true,
  });
}

function memory(random) {
  const n = random.of([0, 1, 4, 12, 48]);
  const Values = random.of([Uint8Array, Float32Array, Int16Array, Float64Array, BigInt64Array, Uint8ClampedArray]);
  const kind = random.below(5);
  if (kind === 0) return new Values(new SharedArrayBuffer(n * 8));
  const array = new Values(n);
  victim = array.buffer;
  if (kind === 1) structuredClone(array, { transfer: [array.buffer] });
  if (kind === 2) {
    victim = new ArrayBuffer(n * 8, { maxByteLength: 1024 });
    return new Values(victim);
  }
  return kind === 3 ? array.buffer : array;
}

function proxyHandler(random) {
  return random.of([
    {},
    { get: () => undefined },
    { has: () => true },
    { ownKeys: () => [] },
    {
      get() {
        throw new Ours("proxy");
      },
    },
  ]);
}

function record(random, depth) {
  const object = random.chance(0.1) ? Object.create(null) : {};
  for (let n = random.below(5); n > 0; n--) {
    const value = hostile(random, depth + 1);
    Object.defineProperty(object, random.of(NAMES), { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

function picture() {
  victim = new ArrayBuffer(48, { maxByteLength: 96 });
  const data = new Uint8Array(victim);
  for (let i = 0; i < 48; i++) data[i] = i * 5;
  return { data, shape: [4, 4, 3] };
}
const quiet = (options) =>
  typeof options === "object" && options !== null && !("onWarning" in options)
    ? { ...options, onWarning() {} }
    : options;
/** A hostile promise may never settle: that is its own fault, and the limit of time must end it. */
const patient = (options) =>
  quiet(typeof options === "object" ? { ...options, timeout: 20 } : (options ?? { timeout: 20 }));
const KNOWN = new Image(picture(), { layout: "HWC" });
let run = init({ mode: "offline", onWarning() {} });
let logged = 0;

const CALLS = [
  (a, b) => void new Image(a, quiet(b)),
  (a) => void new Image(picture(), quiet(a)),
  (a, b) => void Image.from(a, quiet(b)).catch((error) => Promise.reject(error)),
  (a, b) => void Image.fromBatch(a, quiet(b)),
  (a, b) => void Image.guessMode(a, b),
  (a, b) => void Image.toUint8(a, b),
  (a) => void new BoundingBoxes2D(a, "k"),
  (a) => void new ImageMask(a, "k"),
  (a, b) => void box.xyxy(a, b),
  (a, b) => void makeGrid(a, quiet(b)),
  (a) => void new Classes(a).equals(a),
  (a, b) => void new Histogram(a, b).toJSON(),
  (a, b) => void argmaxMask(a, b),
  (a) => void compactMask(a),
  (a, b) => void masksOf(a, b),
  (a, b) => void Image.fromJson(a, b),
  (a, b) => void KNOWN.equals(a, b),
  (a) => void KNOWN.toDataArray(a),
  (a, b) => void Object.values(box)[logged++ % Object.keys(box).length](a, b),
  (a) => void Object.assign(run, typeof a === "object" && a !== null ? { name: a.data, notes: a, tags: a.shape } : {}),
  (a, b) => void encodePng(a, b),
  (a, b) => void encodeJpeg(a, quiet(b)),
  (a, b) => log(a, b),
  (a) => void run.config.update(a, { allowValChange: true }),
  (a) => void run.summary.update(a),
  (a) => void init(typeof a === "object" && a !== null ? { ...a, mode: "disabled" } : a),
  (a) => void parseSettings(`${show(a)}`),
  (a) => void netrcPassword(`machine ${typeof a === "string" ? a : '"'} login user password "x\nmachine`, "x"),
];

/** A run in memory would grow without end. */
function log(data, options) {
  if (++logged % 500 === 0) run = init({ mode: "offline", onWarning() {} });
  run.log(data, options);
}

/** @returns a case of files.mjs' form */
export function optionsCase(random) {
  const call = random.below(CALLS.length);
  const [a, b] = [hostile(random), hostile(random)];
  const isAsync = call === 2;
  return {
    parts: [],
    call: () => (isAsync ? Image.from(a, patient(b)).then(() => undefined) : CALLS[call](a, b)),
    show: () => `${CALLS[call]} of ${show(a)} and ${show(b)}`,
  };
}

function show(value) {
  try {
    return JSON.stringify(value, (_, inner) =>
      typeof inner === "bigint" ? `${inner}n` : typeof inner === "function" ? "function" : inner,
    )?.slice(0, 400);
  } catch {
    return `an object that cannot be shown (${typeof value})`;
  }
}
