// With the DOM or @types/node: what hands bytes to the platform, and its own sources.
import { Image, ready } from "wandb-image";
import { encodePng } from "wandb-image/encode";

const image = new Image(new URL("https://example.org/cat.png"));
export const blob: Blob = new Blob([image.bytes, encodePng({ data: new Uint8Array(4), width: 2, height: 2 })]);
export const response = new Response(image.bytes);
export const own: Blob = image.toBlob();
export const images = [Image.from(blob), Image.from(response), Image.from(fetch("https://example.org/cat.png"))];
ready({ wasm: new URL("https://example.org/kernels.wasm") });
