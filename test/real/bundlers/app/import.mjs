import * as wandb from "wandb-image";
import * as encoders from "wandb-image/encode";
import { answer } from "./answer.mjs";

console.log(answer(wandb, encoders));
