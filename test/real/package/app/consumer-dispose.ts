// With `esnext.disposable`, from TypeScript 5.2.
import { init } from "wandb-image";

export async function main() {
  await using run = init({ mode: "offline" });
  run.log({ loss: 1 });
}
