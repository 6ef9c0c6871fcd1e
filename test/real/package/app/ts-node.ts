import { Image, type ImageOptions } from "wandb-image";
import { encodePng } from "wandb-image/encode";

const options: ImageOptions = { caption: "by ts-node" };
const image = new Image({ data: new Float32Array(4), shape: [2, 2] }, options);
if (encodePng({ data: new Uint8Array(4), width: 2, height: 2 }).length === 0) throw new Error("empty");
console.log(image.caption);
