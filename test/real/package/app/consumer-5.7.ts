// From TypeScript 5.7: bytes are known to lie in an ArrayBuffer.
import { Image } from "wandb-image";
import { encodeJpeg, encodePng } from "wandb-image/encode";

const pixels = { data: new Uint8Array(4), width: 2, height: 2 };
export const all: Uint8Array<ArrayBuffer>[] = [new Image(pixels).bytes, encodePng(pixels), encodeJpeg(pixels)];
