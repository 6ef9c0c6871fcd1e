// A run's zip dropped on the page takes the place of what was there.
import { batch } from "@preact/signals";
import { LocalSource } from "../data/local.ts";
import { forgetRows } from "../data/rows.ts";
import { keepUp, readRuns } from "../model/live.ts";
import { failure, indexes, large, pins, selected, setSource, tab } from "../model/state.ts";

export function takeDrops(): void {
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    openFiles(files).catch((error: Error) => (failure.value = error.message));
  });
}

async function openFiles(files: readonly File[]): Promise<void> {
  const source = await LocalSource.open(files);
  batch(() => {
    setSource(source);
    forgetRows();
    selected.value = [];
    indexes.value = new Map();
    large.value = null;
    pins.value = [];
    tab.value = "pictures";
    failure.value = "";
  });
  await readRuns();
  keepUp();
}
