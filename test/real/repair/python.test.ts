// Runs of Python's wandb: whole as they were logged; damaged, repaired and uploaded by W&B's client.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parseJson } from "../../../src/read/json.ts";
import { openRun } from "../../../src/read.ts";
import { repair } from "../../../src/repair/repair.ts";
import { verify } from "../../../src/repair/verify.ts";
import { damagedCopy, fingerprint } from "../../support/damage.ts";
import { random } from "../../support/random.ts";
import { runOf, syncByWandb } from "../../support/wandb-client.ts";
import { WandbServer } from "../../support/wandb-server.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 20);

let scratch: string;
let server: WandbServer;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "repair-python-"));
  server = await WandbServer.start();
});

afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

type Row = Record<string, unknown>;

async function rowsOf(dir: string): Promise<Row[]> {
  const rows: Row[] = [];
  await using run = await openRun(dir);
  for await (const row of run.rows()) rows.push(row);
  return rows;
}

/** A run that Python logged: scalars, nested values, pictures, boxes, masks, lists. */
function logByPython(version: string): string {
  const dir = join(scratch, `logged-${version}`);
  mkdirSync(dir);
  const python = join(process.cwd(), `.venv/wandb-${version}/bin/python`);
  const env = { PATH: process.env.PATH, HOME: scratch, WANDB_ERROR_REPORTING: "false", WANDB_CONFIG_DIR: scratch };
  const said = execFileSync(python, [join(process.cwd(), "test/real/read/log_run.py"), dir, "0"], {
    env,
    encoding: "utf8",
    stdio: "pipe",
  });
  return said.split("\n").find((line) => /offline-run-[^/]+$/.test(line))!;
}

const values = ({ "val/pic": _, examples: __, ...row }: Row) => row;

test.each(["0.31.0", "0.28.2"])(
  "wandb %s",
  async (version) => {
    const dir = logByPython(version);
    const later = () => Date.now() + 120_000;
    expect((await verify(dir, later())).problems).toEqual([]);
    const log = `run-${basename(dir).replace(/.*-/, "")}.wandb`;

    for (let round = 0; round < ROUNDS; round++) {
      const damaged = join(scratch, `damaged-${version}-${round}`, basename(dir));
      const name = `round ${round}: ${damagedCopy({ dir, log }, damaged, random(round)).join(", ")}`;
      const left = await rowsOf(damaged).catch(() => []);
      const before = fingerprint(damaged);
      const { to, lost, rows, id } = await repair(damaged);
      expect([name, fingerprint(damaged)]).toEqual([name, before]);
      expect([name, (await verify(to, later())).problems, rows]).toEqual([name, [], left.length]);

      const folder = join(scratch, `upload-${version}-${round}`, "wandb");
      mkdirSync(folder, { recursive: true });
      renameSync(to, join(folder, basename(to)));
      const said = await syncByWandb(server, scratch, folder);
      const run = runOf(server, id);
      expect([name, said, run?.complete]).toEqual([name, expect.not.stringMatching(/error/i), true]);
      const arrived = [...run!.history.values()].map((line) => parseJson(line) as Row);
      expect([name, arrived.map(values)]).toEqual([name, left.map(values)]);
      // What is named arrived, and what is left out was lost.
      for (const [i, row] of arrived.entries()) {
        for (const key of ["val/pic", "examples"]) {
          if (row[key] === undefined && left[i]![key] !== undefined)
            expect(lost.map((leaf) => leaf.key)).toContain(key);
        }
      }
      const named =
        JSON.stringify(arrived, (_, value) => (typeof value === "bigint" ? String(value) : value)).match(
          /media\/[^"]+/g,
        ) ?? [];
      for (const path of named) expect([name, path, run!.files.has(path)]).toEqual([name, path, true]);
      server.runs.clear();
    }
  },
  3e6,
);
