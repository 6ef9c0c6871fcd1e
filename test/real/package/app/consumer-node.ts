// With @types/node: what a program holds.
import { createReadStream, readFileSync } from "node:fs";
import { Image } from "wandb-image";

export const images = [new Image(readFileSync("cat.png")), Image.from(createReadStream("cat.png"))];
