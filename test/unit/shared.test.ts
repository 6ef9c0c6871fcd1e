// Two copies of the package in one program: the ESM build, and the CommonJS build that only tools load.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { readRun } from "../support/wandb-reader.ts";

const root = join(import.meta.dirname, "../..");
const dir = mkdtempSync(join(tmpdir(), "wandb-image-copies-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** Runs `program` with both copies at hand; what it prints last, and how it ended. */
function withBoth(program: string) {
  const { stdout, stderr, signal, status } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { createRequire } from "node:module";
      import * as esm from ${JSON.stringify(join(root, "dist/node.js"))};
      const cjs = createRequire(import.meta.url)(${JSON.stringify(join(root, "dist/node.cjs"))});
      const dir = ${JSON.stringify(dir)};
      if (esm.Image === cjs.Image) throw new Error("one copy");
      ${program}`,
    ],
    { encoding: "utf8" },
  );
  return { said: stdout.trim(), stderr, signal, status };
}

test("one handler takes the warnings of both", () => {
  const { said, stderr } = withBoth(`
    esm.setOnWarning(({ code }) => console.log(code));
    new cjs.Image([[0, 300]]);
    new esm.Image([[0, 300]]);`);
  expect({ said, stderr }).toEqual({ said: "clipped\nclipped", stderr: "" });
});

test("a run of one takes Images of the other, also in one list", () => {
  const { said } = withBoth(`
    const run = esm.init({ dir, mode: "offline" });
    const images = [new esm.Image([[0, 1]], { caption: "esm" }), new cjs.Image([[1, 0]], { caption: "cjs", boxes: { a: { box_data: [] } } })];
    run.log({ one: images[1], list: images, turned: images.toReversed() });
    run.log({ copy: new cjs.Image(images[0], { caption: "copy" }), same: images[0].equals(new cjs.Image([[0, 1]], { caption: "esm" })) });
    await run.finish();
    console.log(run.dir);`);
  const rows = readRun(said).rows as { list: { filenames: string[] } }[];
  for (const name of rows[0]!.list.filenames) expect(existsSync(join(said, "files", name))).toBe(true);
  expect(rows[0]).toMatchObject({ list: { captions: ["esm", "cjs"] }, turned: { captions: ["cjs", "esm"] } });
  expect(rows[1]).toMatchObject({ copy: { caption: "copy" }, same: true });
});

test("the runs of both are closed by one signal, which the parent sees", () => {
  const { signal, stderr } = withBoth(`
    for (const copy of [esm, cjs]) copy.init({ dir, mode: "offline" }).log({ loss: 1 });
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => {}, 10_000);`);
  expect(signal).toBe("SIGTERM");
  expect(stderr.match(/1 call of log/g)).toHaveLength(2);
});
