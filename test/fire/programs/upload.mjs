// Uploads, saying what came of it on standard output, in JSON. Waits take a hundredth of their time.
//   node upload.mjs URL DIR
import { writeSync } from "node:fs";
import { scaledClock } from "../../../build/modules/upload/clock.js";
import { findUploads, syncRuns } from "../../../build/modules/upload/sync.js";

const [baseUrl, dir] = process.argv.slice(2);
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const apiKey = "k".repeat(40);

/** As `wandb-image sync` does: what is thrown is what a person reads. */
async function sync() {
  const options = { paths: [dir], baseUrl, apiKey, clock: scaledClock(0.01), producer: "wandb-image/test" };
  try {
    for (const { outcome, reason, progress } of await syncRuns(await findUploads([dir], false), options)) {
      say({ outcome, reason, owed: progress?.owed ?? [] });
    }
  } catch (error) {
    say({ outcome: "failed", reason: error.message, owed: [] });
  }
}

process.on("unhandledRejection", (error) => say({ crash: `unhandled: ${error?.stack ?? error}` }));
await sync();
