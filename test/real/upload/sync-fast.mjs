// `wandb-image sync` with waits that take a hundredth of their time: usage: sync-fast.mjs URL KEY DIR
import { scaledClock } from "../../../build/modules/upload/clock.js";
import { findUploads, syncRuns } from "../../../build/modules/upload/sync.js";

const [baseUrl, apiKey, dir] = process.argv.slice(2);
const options = { paths: [dir], baseUrl, apiKey, clock: scaledClock(0.01), producer: "wandb-image/test" };
const [{ outcome, reason, progress }] = await syncRuns(await findUploads([dir], false), options);
console.log(JSON.stringify({ outcome, reason, owed: progress?.owed }));
