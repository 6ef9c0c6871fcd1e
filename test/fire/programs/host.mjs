// Runs programs of this folder one after the other in one process, as lines of JSON on standard input ask: { program, args, env, at }. Each is
// imported anew, with a fault of shim.c at its own calls. After each, one line more on standard output: { end, descriptors }.
import { openSync, readdirSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

const own = { ...process.env };
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);

/** A file of this name is not there: the shim takes it as what the variables say that it read at the start. */
function arm({ FIRE_NTH = 0, FIRE_TIMES = 1, FIRE_FAULT = "EIO", FIRE_PATH = "/" }) {
  try {
    openSync(`/fire/${FIRE_NTH}/${FIRE_TIMES}/${FIRE_FAULT}${FIRE_PATH}`);
  } catch {
    return;
  }
}

process.on("unhandledRejection", (error) => {
  say({ end: `an unhandled rejection: ${error?.stack ?? error}` });
  process.exit(1);
});

let cases = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { program, args, env } = JSON.parse(line);
  for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv.splice(2, Infinity, ...args);
  arm(env);
  let end = 0;
  try {
    await import(`./${program}?${cases++}`);
  } catch (error) {
    end = `it threw ${error?.stack ?? error}`;
  }
  arm({});
  say({ end, descriptors: readdirSync("/proc/self/fd").length });
}
