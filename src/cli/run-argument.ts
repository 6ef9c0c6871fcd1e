// Which run a command means: a run's folder, a zip, a picture of either; or the newest of a folder of many.

import type { RunHead } from "../view/api.ts";
import { headOf } from "../view/head.ts";
import { type FoundRun, runsBelow } from "../view/roots.ts";
import { RunAnswers } from "../view/run-answers.ts";
import { UsageError } from "./command.ts";

export interface OpenRun {
  readonly head: RunHead;
  readonly answers: RunAnswers;
}

/** @throws Error naming the place, where there is no run */
export async function openRuns(places: readonly string[]): Promise<OpenRun[]> {
  const all = (await Promise.all(places.map(runsBelow))).flat();
  const readable = all.filter(({ listing }) => listing.problem === null);
  if (readable.length === 0)
    throw new Error(`${places.join(", ")}: ${all[0]?.listing.problem ?? "no run in this folder"}`);
  const ids = new Set<string>();
  const open: OpenRun[] = [];
  for (const { listing, open: openSource } of readable) {
    let id = listing.id;
    for (let n = 2; ids.has(id); n++) id = `${listing.id}~${n}`;
    ids.add(id);
    const answers = new RunAnswers(id, await openSource());
    await answers.read.update();
    open.push({ head: headOf(id, listing, answers), answers });
  }
  return open;
}

/** The newest run of the place. */
export async function openNewest(place: string): Promise<OpenRun> {
  const readable = (await runsBelow(place)).filter(({ listing }) => listing.problem === null);
  const newest: FoundRun | undefined = readable[0];
  if (newest === undefined) throw new Error(`${place}: no run in this folder that can be read`);
  const answers = new RunAnswers(newest.listing.id, await newest.open());
  await answers.read.update();
  return { head: headOf(newest.listing.id, newest.listing, answers), answers };
}

export function defaultPlace(): string {
  return process.env.WANDB_DIR ?? ".";
}

/** @throws UsageError naming the option */
export function wholeNumber(name: string, text: string | undefined, usual: number, least: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new UsageError(`--${name}: expected a whole number from ${least}; got ${text}`);
  }
  return value;
}
