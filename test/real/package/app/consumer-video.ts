// With the DOM of TypeScript 5.4 and later.
import { Image } from "wandb-image";

export const imageOf = (frame: VideoFrame) => new Image(frame);
