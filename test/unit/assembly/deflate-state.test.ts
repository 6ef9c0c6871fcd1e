// The deflate stream's fields lie before its tables, at fixed offsets. A field too many would overwrite them, and files
// would be corrupt without a word; so the compiler refuses it.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What the AssemblyScript compiler says about assembly/deflate with so many u64 fields more in class Stream. */
function compileWithFields(more: number): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "wandb-image-asc-"));
  try {
    cpSync(join(root, "assembly/deflate"), folder, { recursive: true });
    const path = join(folder, "state.ts");
    const fields = Array.from({ length: more }, (_, i) => `  more${i}: u64;\n`).join("");
    writeFileSync(path, readFileSync(path, "utf8").replace("class Stream {\n", `class Stream {\n${fields}`));
    const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [asc, "state.ts", "--runtime", "stub"], {
      cwd: folder,
      encoding: "utf8",
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the compiler refuses a stream that outgrows its place", () => {
  expect(compileWithFields(0).status).toBe(0);
  const { status, output } = compileWithFields(20);
  expect(status).toBe(1);
  expect(output).toContain("deflate/state.ts: Stream is larger than STATE_BYTES");
}, 60_000);
