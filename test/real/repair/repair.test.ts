// Damaged runs that were repaired, uploaded by W&B's client to a stand-in server: every row and file that was whole arrives.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { repair } from "../../../src/repair/repair.ts";
import { verify } from "../../../src/repair/verify.ts";
import { damagedCopy, type Left, leftOf, logRun } from "../../support/damage.ts";
import { random } from "../../support/random.ts";
import { parse } from "../../support/wandb-reader.ts";
import { WandbServer } from "../../support/wandb-server.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 500);
/** So many runs are uploaded by one call of the client. */
const AT_A_TIME = 50;

let scratch: string;
let server: WandbServer;

beforeAll(async () => {
  process.env.WANDB_SILENT = "true";
  scratch = mkdtempSync(join(tmpdir(), "repair-real-"));
  server = await WandbServer.start();
});

afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

async function sync(folder: string): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: scratch,
    WANDB_API_KEY: "a".repeat(40),
    WANDB_BASE_URL: server.url,
    WANDB_ERROR_REPORTING: "false",
    WANDB_CONFIG_DIR: join(scratch, "config"),
    WANDB_CACHE_DIR: join(scratch, "cache"),
    WANDB_DATA_DIR: join(scratch, "data"),
  };
  const options = { cwd: scratch, env, maxBuffer: 1 << 28, timeout: 900_000 };
  const { stdout, stderr } = await promisify(execFile)(process.env.WANDB!, ["sync", "--yes", folder], options);
  return stdout + stderr;
}

test(`${ROUNDS} damaged runs, repaired, upload`, async () => {
  const tally = { rows: 0, files: 0, lostLeaves: 0 };
  for (let first = 0; first < ROUNDS; first += AT_A_TIME) {
    const folder = join(scratch, `upload-${first}`, "wandb");
    mkdirSync(folder, { recursive: true });
    const expected = new Map<string, Left>();
    for (let round = first; round < Math.min(first + AT_A_TIME, ROUNDS); round++) {
      const id = `round${round}`;
      const original = await logRun(join(scratch, "logged"), id);
      const dir = join(scratch, "damaged", basename(original.dir));
      damagedCopy(original, dir, random(round));
      const left = leftOf(original, dir);
      const { to, lost } = await repair(dir);
      expect([id, (await verify(to, Date.now() + 120_000)).problems]).toEqual([id, []]);
      renameSync(to, join(folder, basename(to)));
      expected.set(id, left);
      tally.rows += left.rows.length;
      tally.files += left.files.size;
      tally.lostLeaves += lost.length;
      rmSync(join(scratch, "logged"), { recursive: true });
      rmSync(join(scratch, "damaged"), { recursive: true });
    }
    const said = await sync(folder);
    for (const [id, { rows, files }] of expected) {
      const run = [...server.runs].find(([name]) => name.endsWith(id))?.[1];
      if (run === undefined) console.error(said, [...server.runs.keys()], server.problems);
      expect([id, run?.complete, said.includes("error")]).toEqual([id, true, false]);
      const lines = [...run!.history.values()].map((line) => parse(line) as Record<string, unknown>);
      expect([id, lines]).toEqual([id, rows]);
      for (const [path, sha256] of files) expect([id, path, run!.files.get(path)?.sha256]).toEqual([id, path, sha256]);
    }
    server.runs.clear();
    rmSync(join(scratch, `upload-${first}`), { recursive: true });
    console.log(`${Math.min(first + AT_A_TIME, ROUNDS)} of ${ROUNDS}: ${JSON.stringify(tally)}`);
  }
}, 6e6);
