// Damaged runs that were repaired, uploaded by W&B's client to a stand-in server: every row and file that was whole arrives.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { repair } from "../../../src/repair/repair.ts";
import { verify } from "../../../src/repair/verify.ts";
import { damagedCopy, type Left, leftOf, logRun } from "../../support/damage.ts";
import { random } from "../../support/random.ts";
import { runOf, syncByWandb } from "../../support/wandb-client.ts";
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
    const said = await syncByWandb(server, scratch, folder);
    for (const [id, { rows, files }] of expected) {
      const run = runOf(server, id);
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
