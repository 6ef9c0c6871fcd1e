// An input on its way to an encoded file: where adapt/, convert/ and encode/ meet.
import { adapt, type Source } from "../adapt/index.ts";
import { convert, type Decision, decideRange, type Normalization } from "../convert/index.ts";
import { encode, helpEncode } from "../encode/index.ts";
import { type Frame, MAX_DIMENSION } from "../frame.ts";
import { kernels } from "../kernels.ts";
import type { Mode, Rows } from "../rows.ts";
import type { Helper } from "../team.ts";
import { warn } from "../warnings.ts";
import { asAsked } from "./decoded-values.ts";
import { type ImageOptions, warnIgnored, warnUnused } from "./options.ts";
import type { Placement } from "./placement.ts";

/** What an Image holds of its picture. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly mode: Mode | null;
  readonly normalization: Normalization | null;
  /** Where the pixels of the input went. */
  readonly placement?: Placement;
  /** The address of a picture that is elsewhere; then there are no bytes. */
  readonly reference: string | null;
}

/** A frame of a batch, with the decision that all frames of it share; what `Image.fromBatch` gives the constructor. */
export class BatchFrame {
  readonly frame: Frame;
  readonly decision: Decision;

  constructor(frame: Frame, decision: Decision) {
    this.frame = frame;
    this.decision = decision;
  }
}

/** Rows that are there already, in a `scratch` that is open; what `makeGrid` gives the constructor. */
export class GivenRows {
  readonly rows: Rows;
  /** Its pixels have alpha even where no picture has any. */
  readonly alwaysAlpha: boolean;

  constructor(rows: Rows, alwaysAlpha: boolean) {
    this.rows = rows;
    this.alwaysAlpha = alwaysAlpha;
  }
}

/** The first frame of a batch. */
export function batchOf(input: unknown, options: ImageOptions, caller: string): Frame {
  const source = adapt(input, { ...options, batch: true });
  if (source.kind !== "frame")
    throw new TypeError(`${caller}: expected an array { data, shape: [n, height, width, channels] }`);
  return source.frame;
}

/** The frames of a batch, under one range decision for all of them. */
export function batchFrames(frame: Frame, options: ImageOptions): BatchFrame[] {
  const { count, stride } = frame.batch!;
  const frames = Array.from({ length: count }, (_, n) => ({ ...frame, offset: frame.offset + n * stride }));
  const range = options.normalize === false ? "byte" : options.range;
  const decision = kernels().scratch(() => decideRange(frames, range, options.denormalize));
  return frames.map((one) => new BatchFrame(one, decision));
}

/** The picture of anything that `new Image` takes, but another Image. */
export function pictureOf(input: unknown, options: ImageOptions): Picture {
  if (input instanceof BatchFrame)
    return encodedPicture({ kind: "frame", frame: input.frame }, { ...options, decision: input.decision });
  if (input instanceof GivenRows) return encodedPicture({ kind: "decoded", ...input }, options);
  const source = adapt(input, options);
  if (source.kind === "reference") {
    warnIgnored(options, "a reference is kept as it is. Fetch it first: await Image.from(url)");
    const { pathname } = new URL(source.url);
    const format = pathname.split("/").at(-1)!.split(".").at(-1)!;
    return {
      bytes: new Uint8Array(),
      width: 0,
      height: 0,
      format,
      mode: null,
      normalization: null,
      reference: source.url,
    };
  }
  if (source.kind === "file") {
    warnIgnored(
      options,
      "an encoded file is logged byte for byte. Decode it first and pass { data, width, height } to change it",
    );
    const { bytes, format, width, height } = source;
    if (Math.max(width, height) > MAX_DIMENSION) {
      warn(
        "large-file",
        `a ${format} file of ${width}×${height}: W&B shows up to ${MAX_DIMENSION} on a side`,
        options.onWarning,
      );
    }
    return { bytes, width, height, format, mode: null, normalization: null, reference: null };
  }
  const asked = asAsked(source, options);
  const picture = encodedPicture(asked.source, asked.options);
  return asked.isNormalized ? picture : { ...picture, normalization: null };
}

/** Encodes parts of a picture of which another thread, the leader of the team, makes the whole, errors and warnings included. */
export function helpWithPicture(given: Encodable, givenOptions: ImageOptions, helper: Helper): void {
  const { source, options } = asAsked(given, { ...givenOptions, onWarning() {} });
  convert(source, options, ({ rows }) => {
    helpEncode(rows, options.fileType ?? "png", { ...options, opaqueAsRgb: isOpaqueAsRgb(source, options) }, helper);
  });
}

/** The three stages: what the input is, its rows in their final mode, their file. */
function encodedPicture(source: Encodable, options: ImageOptions & { readonly decision?: Decision }): Picture {
  const { fileType = "png", flipY = false } = options;
  warnUnused(options);
  const opaqueAsRgb = isOpaqueAsRgb(source, options);
  return convert(source, options, ({ rows, normalization, originalSize }) => {
    const { width, height } = rows;
    const encoded = encode(rows, fileType, { ...options, opaqueAsRgb, team: source.team });
    return {
      bytes: encoded.bytes,
      mode: encoded.mode,
      width,
      height,
      format: fileType,
      normalization: normalization?.() ?? null,
      placement: { from: originalSize, to: { width, height }, flipY },
      reference: null,
    };
  });
}

function isOpaqueAsRgb(source: Encodable, { mode }: ImageOptions): boolean {
  return mode === undefined && source.kind === "decoded" && source.alwaysAlpha === true;
}

type Encodable = Extract<Source, { kind: "frame" | "decoded" }>;
