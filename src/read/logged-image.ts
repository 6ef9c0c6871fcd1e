// A picture of a run: what its row says of it, and the picture itself when it is asked for.
import type { Box } from "../image/boxes.ts";
import type { Image } from "../image/image.ts";
import { parseJson } from "./json.ts";
import type { Picture, PictureLayer } from "./pictures.ts";
import type { RunSource } from "./source.ts";

/** The Image class, loaded when the first picture is asked for. */
export type LoadImage = () => Promise<typeof Image>;

/** Names by class id. */
export type LoggedLabels = Readonly<Record<string, string>>;

/** One layer of boxes or masks. */
export interface LoggedLayer extends PictureLayer {
  /** Names by class id, from the run's config; undefined where none were logged. */
  readonly classLabels: LoggedLabels | undefined;
}

/** What a layer's boxes were logged as. */
export interface LoggedBoxes {
  readonly box_data: readonly Box[];
  readonly class_labels?: LoggedLabels | undefined;
}

/** What a picture needs of its run. */
export interface Surroundings {
  readonly source: RunSource;
  readonly loadImage: LoadImage;
  classLabels(kind: "boxes" | "masks", layer: string): LoggedLabels | undefined;
}

export class LoggedImage implements Picture {
  readonly key: string;
  readonly step: number;
  readonly index: number | null;
  readonly path: string;
  readonly caption: string | null;
  readonly format: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly sha256: string | null;
  readonly size: number | null;
  readonly grouping: unknown;
  readonly boxes: Readonly<Record<string, LoggedLayer>>;
  readonly masks: Readonly<Record<string, LoggedLayer>>;
  readonly #surroundings: Surroundings;

  constructor(picture: Picture, key: string, step: number, surroundings: Surroundings) {
    this.key = key;
    this.step = step;
    this.index = picture.index;
    this.path = picture.path;
    this.caption = picture.caption;
    this.format = picture.format;
    this.width = picture.width;
    this.height = picture.height;
    this.sha256 = picture.sha256;
    this.size = picture.size;
    this.grouping = picture.grouping;
    this.#surroundings = surroundings;
    const labeled = (kind: "boxes" | "masks") =>
      Object.fromEntries(
        Object.entries(picture[kind]).map(([layer, file]) => {
          return [layer, { ...file, classLabels: surroundings.classLabels(kind, layer) }];
        }),
      );
    this.boxes = labeled("boxes");
    this.masks = labeled("masks");
  }

  /**
   * The picture's file.
   * @throws Error naming the file, where it is not there (any more)
   */
  bytes(): Promise<Uint8Array> {
    return this.#read(this.path);
  }

  /**
   * The boxes of one layer, as they were logged.
   * @throws RangeError for a layer that it has not; Error naming the file, where it is not there or is no JSON
   */
  async boxData(layer: string): Promise<LoggedBoxes> {
    const { path, classLabels } = this.#layer("boxes", layer);
    const text = new TextDecoder().decode(await this.#read(path));
    let set: LoggedBoxes;
    try {
      set = parseJson(text) as LoggedBoxes;
    } catch (cause) {
      throw new Error(`${this.#surroundings.source.name}: files/${path} is no JSON`, { cause });
    }
    if (!Array.isArray(set?.box_data)) {
      throw new Error(`${this.#surroundings.source.name}: files/${path} holds no box_data`);
    }
    return set.class_labels !== undefined || classLabels === undefined ? set : { ...set, class_labels: classLabels };
  }

  /**
   * The mask of one layer: a PNG whose gray values are class ids.
   * @throws RangeError for a layer that it has not; Error naming the file, where it is not there
   */
  async maskBytes(layer: string): Promise<Uint8Array> {
    return await this.#read(this.#layer("masks", layer).path);
  }

  /**
   * The picture with its caption, boxes and masks, which can be logged again.
   * @throws Error naming a file that is not there; what `new Image` throws for one that is broken
   */
  async image(): Promise<Image> {
    const [ImageClass, bytes, boxes, masks] = await Promise.all([
      this.#surroundings.loadImage(),
      this.bytes(),
      this.#all("boxes", (layer) => this.boxData(layer)),
      this.#all("masks", async (layer) => ({
        path: await this.maskBytes(layer),
        class_labels: this.masks[layer]!.classLabels,
      })),
    ]);
    return new ImageClass(bytes, {
      caption: this.caption ?? undefined,
      grouping: (this.grouping ?? undefined) as number | undefined,
      boxes,
      masks,
    });
  }

  async #all<T>(kind: "boxes" | "masks", read: (layer: string) => Promise<T>): Promise<Record<string, T> | undefined> {
    const layers = Object.keys(this[kind]);
    if (layers.length === 0) return undefined;
    return Object.fromEntries(await Promise.all(layers.map(async (layer) => [layer, await read(layer)] as const)));
  }

  #layer(kind: "boxes" | "masks", layer: string): LoggedLayer {
    if (Object.hasOwn(this[kind], layer)) return this[kind][layer]!;
    const known = Object.keys(this[kind]).join(", ") || "none";
    throw new RangeError(`${kind}: no layer ${JSON.stringify(layer)}; there are: ${known}`);
  }

  async #read(path: string): Promise<Uint8Array> {
    const bytes = await this.#surroundings.source.file(path);
    if (bytes === null) throw new Error(`${this.#surroundings.source.name}: files/${path} is not there`);
    return bytes;
  }
}
