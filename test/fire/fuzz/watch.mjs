// A thread beside the fuzzing: an input that has no end in sight is named, and its process killed.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { current, HANG, SEED } = workerData;
let [input, start] = [-1, process.cpuUsage()];
setInterval(() => {
  if (current[0] !== input) [input, start] = [current[0], process.cpuUsage()];
  // Of the whole process, which may have been stopped meanwhile.
  const { user, system } = process.cpuUsage(start);
  if (user + system < HANG * 1e6) return;
  writeSync(1, `  LOST input ${input} hangs (SEED=${SEED})\n`);
  process.kill(process.pid, "SIGKILL");
}, 1000);
