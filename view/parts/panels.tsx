// The panels: a key each, in sections; several runs side by side in one panel; lists as grids.
import { type Signal, signal, useSignal } from "@preact/signals";
import { useCallback, useMemo, useRef } from "preact/hooks";
import type { Size } from "../draw/transform.ts";
import { pictureKeys, reorder, runsWith, type Section, sectionsOf, toggleSection } from "../model/keys-shown.ts";
import { cellWidth, closedSections, filter, selected, selectedIndexes } from "../model/state.ts";
import { NoMatch, NoPictures } from "./empty.tsx";
import { Grid, Scroller } from "./grid.tsx";
import { Pane, RunName, usePane } from "./pane.tsx";

export function Panels() {
  const frame = useRef<HTMLDivElement>(null);
  const keys = pictureKeys.value;
  const ready = selectedIndexes.value.length === selected.value.length;
  let inside = null;
  if (keys.length > 0) inside = sectionsOf(keys).map((section) => <SectionOf key={section.name} section={section} />);
  else if (ready && selected.value.length > 0) inside = filter.value ? <NoMatch /> : <NoPictures />;
  return (
    <div class="scroller" ref={frame} tabIndex={-1}>
      <div class="content">
        <Scroller.Provider value={frame}>{inside}</Scroller.Provider>
      </div>
    </div>
  );
}

function SectionOf({ section }: { section: Section }) {
  const open = !closedSections.value.has(section.name);
  const lists = section.keys.filter(isList);
  const single = section.keys.filter((key) => !isList(key));
  const only = section.name === "";
  return (
    <section class="section">
      {only ? (
        <h2 class="hidden-text">without a section</h2>
      ) : (
        <h2>
          <button type="button" class="quiet" aria-expanded={open} onClick={() => toggleSection(section.name)}>
            <span class={`arrow ${open ? "open" : ""}`} aria-hidden="true" />
            {section.name}
            <span class="count">{section.keys.length}</span>
          </button>
        </h2>
      )}
      {open && single.length > 0 && <Singles keys={single} name={section.name || "pictures"} />}
      {open && lists.map((key) => <List key={key} name={key} />)}
    </section>
  );
}

function isList(key: string): boolean {
  return selectedIndexes.value.some((index) => index.lists.includes(key));
}

const HEADER = 30;
const CAPTION = 38;

function Singles({ keys, name }: { keys: readonly string[]; name: string }) {
  // The first picture's shape is that of all cells, so that nothing moves while others load.
  const shape = useMemo(() => signal(0), []);
  const most = Math.max(1, ...keys.map((key) => runsWith(key).length));
  const onMark = useCallback((mark: Size) => {
    if (shape.peek() === 0) shape.value = Math.min(1.15, Math.max(0.4, mark.height / mark.width));
  }, []);
  const height = (width: number) => HEADER + CAPTION + (width / most) * (shape.value || 0.75);
  return (
    <Grid
      count={keys.length}
      cell={cellWidth.value * Math.min(most, 3)}
      height={height}
      gap={16}
      label={name}
      render={(i) => <Panel key={keys[i]!} name={keys[i]!} onMark={onMark} />}
    />
  );
}

function Panel({ name, onMark }: { name: string; onMark: (mark: Size) => void }) {
  const over = useSignal(false);
  const ids = runsWith(name);
  return (
    <article
      class={`panel ${over.value ? "over" : ""}`}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("text/wandb-key")) return;
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        over.value = false;
        const moved = event.dataTransfer?.getData("text/wandb-key");
        if (moved && moved !== name) reorder(moved, name);
      }}
    >
      <h3 draggable title={name} onDragStart={(event) => event.dataTransfer?.setData("text/wandb-key", name)}>
        <KeyName name={name} />
      </h3>
      <div class="panes">
        {ids.map((run) => (
          <Pane
            key={run}
            of={{ run, key: name, item: 0, step: null }}
            onMark={onMark}
            named={selected.value.length > 1}
            captioned
          />
        ))}
      </div>
    </article>
  );
}

/** The section is said by its heading: a key is named by what follows. */
export function KeyName({ name }: { name: string }) {
  const slash = name.indexOf("/");
  return (
    <>
      {slash > 0 && <span class="prefix">{name.slice(0, slash + 1)}</span>}
      {slash > 0 ? name.slice(slash + 1) : name}
    </>
  );
}

/** A list: a grid of its own, one below the other for several runs, with a size of its own. */
function List({ name }: { name: string }) {
  const size = useSignal(0.4);
  return (
    <div class="list">
      <header>
        <h3 title={name}>
          <KeyName name={name} />
        </h3>
        <input
          type="range"
          min="0.15"
          max="1"
          step="0.05"
          aria-label={`Size of the pictures of ${name}`}
          value={size.value}
          onInput={(event) => (size.value = event.currentTarget.valueAsNumber)}
        />
      </header>
      {runsWith(name).map((run) => (
        <ListOf key={run} run={run} name={name} size={size} />
      ))}
    </div>
  );
}

function ListOf({ run, name, size }: { run: string; name: string; size: Signal<number> }) {
  const first = usePane({ run, key: name, item: 0, step: null });
  const content = first.content.value;
  const count = content.row?.pictures.length ?? 0;
  const mark = content.row?.pictures[0];
  const shape = mark ? Math.min(1.4, Math.max(0.35, mark.height / mark.width)) : 1;
  const captioned = content.row?.pictures.some((picture) => picture.caption) ?? false;
  return (
    <>
      {selected.value.length > 1 && <RunName id={run} />}
      <p class="counted">
        {count} {count === 1 ? "picture" : "pictures"}
        {content.held && content.step !== null && `, held from step ${content.step.toLocaleString("en-US")}`}
      </p>
      <Grid
        count={count}
        cell={Math.max(48, Math.round(cellWidth.value * size.value))}
        height={(width) => width * shape + (captioned ? 20 : 0)}
        gap={6}
        label={`${name}: ${count} pictures`}
        render={(i) => <Tile run={run} name={name} item={i} captioned={captioned} />}
      />
    </>
  );
}

interface TileProps {
  readonly run: string;
  readonly name: string;
  readonly item: number;
  readonly captioned: boolean;
}

function Tile({ run, name, item, captioned }: TileProps) {
  return <Pane of={{ run, key: name, item, step: null }} captioned={captioned} quiet />;
}
