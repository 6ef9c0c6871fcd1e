// Memory of a long run: it must not grow with what was logged. Time that must not either is in bench/log.mjs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const PACKAGE = new URL("../../../dist/node.js", import.meta.url).href;

test.each([
  [
    "a file a step",
    1500,
    "run.saveMedia('media/images/picture_' + i + '_0123456789abcdef0123.png', Uint8Array.of(1)); run.log({ i });",
  ],
  ...(process.env.FULL
    ? [
        [
          "a picture with boxes a step",
          4000,
          `const box = { position: { minX: 0, minY: 0, maxX: 1, maxY: 1 }, class_id: 1, scores: { i } };
           run.log({ picture: new Image([[i & 255, i >> 8]], { boxes: { b: { box_data: [box] } } }) });`,
        ] as const,
      ]
    : []),
] as const)("%s: memory does not grow with the files logged", (_, count, log) => {
  const dir = mkdtempSync(join(tmpdir(), "log-growth-"));
  const program = `
    import { Image, init } from ${JSON.stringify(PACKAGE)};
    const run = init();
    const log = (i) => { ${log} };
    const heap = () => { gc(); gc(); return process.memoryUsage().heapUsed; };
    let i = 0;
    let growth = Infinity;
    // What grows with the files grows in every stretch; what the engine compiles (up to 6,000 steps on Node 22) does not.
    for (let stretch = 0; stretch < 8 && growth >= 50; stretch++) {
      const before = heap();
      for (let n = 0; n < ${count}; n++) log(i++);
      growth = Math.min(growth, (heap() - before) / ${count});
    }
    console.log(growth);
    await run.finish();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH!, WANDB_DIR: dir, WANDB_SILENT: "true" },
    encoding: "utf8",
  });
  rmSync(dir, { recursive: true });
  expect(stderr).toBe("");
  expect(Number(stdout)).toBeLessThan(50); // a path kept for each file would be 130 bytes
});

test("a list of pictures is one write to the .wandb file, beside a file each", () => {
  const dir = mkdtempSync(join(tmpdir(), "log-writes-"));
  const program = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    import { Image, init } from ${JSON.stringify(PACKAGE)};
    const run = init();
    const images = Array.from({ length: 20 }, (_, i) => new Image([[i]]));
    const { writeSync } = fs;
    let writes = 0;
    fs.writeSync = (...args) => { writes++; return writeSync(...args); };
    syncBuiltinESMExports();
    run.log({ images });
    run.log({ open: new Image([[100]]) }, { commit: false });
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
    console.log(writes);
    await run.finish();`;
  try {
    const env = { PATH: process.env.PATH!, WANDB_DIR: dir, WANDB_SILENT: "true" };
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", program], { env, encoding: "utf8" });
    expect([child.stderr, child.stdout]).toEqual(["", "23\n"]); // 20 files and their row; the open row's file and its record
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
