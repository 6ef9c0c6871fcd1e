// Logs rows of one kind into runs, and says on standard output, a line of JSON each, which calls returned. Every row has a `mark`, by
// which the reader knows it again. A call that throws is repeated, as a program would once the cause is gone.
//   node log.mjs KIND DIR COUNT      FIRE_MODE=online: uploaded meanwhile, as W&B's variables say
// KIND: scalars, pictures, layers, mixed, several (runs at once), endless (of `mixed`, until killed)
import { writeSync } from "node:fs";
import { box, Image, init } from "../../../dist/node.js";

const [kind, dir, count] = process.argv.slice(2);
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);

/** Another picture for each n. */
function picture(n, options) {
  const data = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * (n + 3)) % 251);
  return new Image({ data, shape: [16, 24, 3] }, options);
}

const layers = (n) => ({
  boxes: { truth: box.xyxy([[0, 0, 0.5, 0.5]], { classes: [n % 3] }) },
  masks: { guess: { mask_data: { data: new Uint8Array(384).fill(n % 7), shape: [16, 24] } } },
});

const rows = {
  scalars: (n) => ({ loss: 1 / (n + 1), nested: { accuracy: n } }),
  pictures: (n) => ({ picture: picture(n), photo: picture(n + 1, { fileType: "jpg" }) }),
  layers: (n) => ({
    list: [0, 1, 2].map((i) => picture(3 * n + i, { caption: `${i}`, ...layers(n) })),
    single: picture(n, layers(n + 1)),
  }),
  mixed: (n) => [rows.scalars, rows.pictures, rows.layers][n % 3](n),
};

/** `call`, repeated until it returns. */
function persistently(what, call) {
  for (let attempt = 0; ; attempt++) {
    try {
      return call();
    } catch (error) {
      say({ failed: what, message: error.message, code: error.code, attempt });
      if (attempt === 20) throw error;
      wait();
    }
  }
}

/** FIRE_PATIENCE: milliseconds between two attempts. */
function wait() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.FIRE_PATIENCE ?? 0));
}

function begin() {
  const run = persistently("init", () =>
    init({ dir, mode: process.env.FIRE_MODE ?? "offline", durability: process.env.FIRE_DURABILITY }),
  );
  say({ dir: run.dir });
  return run;
}

function log(run, n, kindOfRow) {
  const row = rows[kindOfRow](n); // the same Images at each attempt
  persistently("log", () => run.log({ mark: n, ...row }));
  say({ dir: run.dir, mark: n });
}

const kindOfRow = kind === "several" || kind === "endless" ? "mixed" : kind;
const runs = Array.from({ length: kind === "several" ? 3 : 1 }, begin);
const last = kind === "endless" ? Infinity : Number(count);
for (let n = 0; n < last; n++) for (const run of runs) log(run, n, kindOfRow);
for (const run of runs) {
  for (let attempt = 0; ; attempt++) {
    try {
      await run.finish();
      break;
    } catch (error) {
      say({ failed: "finish", message: error.message, code: error.code, attempt });
      if (attempt === 20) throw error;
      wait();
    }
  }
  say({ dir: run.dir, finished: true });
}
