import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { chaosOf, randomOf } from "../../support/chaos.mjs";
import { copied, loggedRun, uploaded } from "../../support/upload.ts";
import { stateOf, WandbServer } from "../../support/wandb-server.mjs";

// Uploads under random faults that are stopped at random moments, again and again, until one ends. test/real/upload kills
// processes instead, and takes 200 rounds.

const ROUNDS = process.env.FULL ? 60 : 10;

process.env.WANDB_SILENT = "true";
let logged: string;
let wanted: unknown;
beforeAll(async () => {
  logged = await loggedRun(40, 0);
  const quiet = await WandbServer.start();
  await uploaded(copied(logged), quiet);
  wanted = stateOf(quiet.run);
  await quiet.close();
});

test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
  "seed %d: the server ends as without faults",
  async (seed) => {
    const random = randomOf(seed);
    const server = await WandbServer.start();
    const dir = copied(logged);
    try {
      server.chaos = chaosOf(random);
      let progress: Awaited<ReturnType<typeof uploaded>>;
      let attempts = 0;
      do {
        const moment = random() * 150;
        progress = await uploaded(dir, server, {
          onStart: (upload) => attempts < 5 && setTimeout(() => upload.stop(), moment),
        });
        attempts++;
      } while (!(progress.complete && progress.owed.length === 0) && attempts < 20);
      expect(progress).toMatchObject({ state: "done", complete: true, owed: [] });
      expect(stateOf(server.run)).toEqual(wanted);
      expect(server.run.rewritten).toEqual([]);
      expect(existsSync(join(dir, "run-r1.wandb.synced"))).toBe(true);
      expect(server.problems).toEqual([]);
    } finally {
      await server.close();
    }
  },
);
