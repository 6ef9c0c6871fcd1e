// Runs as they are found and as they grow.
import { batch, effect } from "@preact/signals";
import type { RunIndex, ViewEvent } from "../../src/view/api.ts";
import { axis, connected, failure, indexes, note, place, runs, selected, source } from "./state.ts";
import { loadAxis } from "./timeline.ts";

export async function readRuns(): Promise<void> {
  const answer = await source().runs();
  batch(() => {
    runs.value = answer.runs;
    place.value = answer.place;
    note.value = answer.note ?? "";
    const known = selected.value.filter((id) => answer.runs.some((run) => run.id === id));
    const readable = answer.runs.filter((run) => run.state !== "unreadable");
    if (known.length > 0) {
      if (known.length < selected.value.length) selected.value = known;
    } else if (readable.length > 0) {
      selected.value = [readable[0]!.id]; // the newest comes first
    } else {
      selected.value = [];
    }
  });
}

const asked = new Map<string, Promise<RunIndex>>();

/** Reads a run's index anew; several calls at a time make one request, and one more behind it. */
async function readIndex(id: string): Promise<void> {
  const before = asked.get(id);
  if (before) await before.catch(() => {});
  if (asked.get(id) !== before) return;
  const request = source().index(id);
  asked.set(id, request);
  try {
    const index = await request;
    indexes.value = new Map(indexes.peek()).set(id, index);
    failure.value = "";
  } catch (error) {
    failure.value = (error as Error).message;
  } finally {
    if (asked.get(id) === request) asked.delete(id);
  }
}

function onEvent(event: ViewEvent): void {
  if (event.type === "runs") readRuns().catch(() => {});
  else if (selected.peek().includes(event.id)) readIndex(event.id);
}

let stops: (() => void)[] = [];

/** Reads what is selected, and from then on what changes, of the present source. */
export function keepUp(): void {
  for (const stop of stops) stop();
  const reading = effect(() => {
    for (const id of selected.value) if (!indexes.peek().has(id) && !asked.has(id)) readIndex(id);
  });
  const placing = effect(() => {
    void axis.value;
    void indexes.value;
    void selected.value;
    loadAxis().catch((error: Error) => (failure.value = error.message));
  });
  stops = [reading, placing];
  source().watch(onEvent, (isConnected) => {
    const isBack = isConnected && !connected.peek();
    connected.value = isConnected;
    if (!isBack) return;
    readRuns().catch(() => {});
    for (const id of selected.peek()) readIndex(id);
  });
}
