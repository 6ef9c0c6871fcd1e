// The top: what is shown, how large, and how the page looks.
import { useSignal } from "@preact/signals";
import { copyLink } from "../model/link.ts";
import {
  cellWidth,
  connected,
  filter,
  fit,
  help,
  large,
  mat,
  note,
  sidebar,
  source,
  tab,
  theme,
} from "../model/state.ts";
import { Icon } from "./icon.tsx";

const TABS = ["pictures", "scalars", "config", "console"] as const;

export function Bar() {
  return (
    <header class="bar">
      <h1 class="hidden-text">Runs</h1>
      <button
        type="button"
        class="icon"
        aria-label="Runs and layers"
        title="Runs and layers (R)"
        aria-pressed={sidebar.value}
        onClick={() => (sidebar.value = !sidebar.value)}
      >
        <Icon name="side" />
      </button>
      <nav class="tabs" aria-label="Views">
        {TABS.map((name) => (
          <button
            type="button"
            key={name}
            aria-current={tab.value === name && large.value === null ? "page" : undefined}
            onClick={() => {
              large.value = null;
              tab.value = name;
            }}
          >
            {name}
          </button>
        ))}
      </nav>
      {(tab.value === "pictures" || tab.value === "scalars") && <Filter />}
      <span class="space" />
      {!connected.value && source().live && <span class="warn">the viewer has stopped</span>}
      {note.value && <span class="warn">{note.value}</span>}
      {tab.value === "pictures" && large.value === null && <Sizes />}
      <select
        aria-label="Behind pictures"
        title="Behind pictures"
        value={mat.value}
        onChange={(event) => (mat.value = event.currentTarget.value as "gray")}
      >
        <option value="theme">plain</option>
        <option value="gray">gray</option>
        <option value="checker">checker</option>
      </select>
      <ThemeButton />
      <LinkButton />
      <button
        type="button"
        class="icon keys"
        aria-label="Keys"
        title="Keys (?)"
        aria-pressed={help.value}
        onClick={() => (help.value = !help.value)}
      >
        <Icon name="help" />
      </button>
    </header>
  );
}

function Filter() {
  return (
    <label class="filter">
      <Icon name="search" />
      <input
        type="search"
        id="filter"
        placeholder="filter keys, val/*"
        aria-label="Filter keys"
        spellcheck={false}
        value={filter.value}
        onInput={(event) => (filter.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </label>
  );
}

function Sizes() {
  return (
    <>
      <input
        type="range"
        class="sizes"
        min="120"
        max="1200"
        step="20"
        aria-label="Size of panels"
        title="Size of panels"
        value={cellWidth.value}
        onInput={(event) => (cellWidth.value = event.currentTarget.valueAsNumber)}
      />
      <select
        aria-label="Pictures in panels"
        title="Pictures in panels"
        value={fit.value}
        onChange={(event) => (fit.value = event.currentTarget.value as "fit")}
      >
        <option value="fit">fit</option>
        <option value="1">1:1</option>
        <option value="2">2×</option>
      </select>
    </>
  );
}

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const THEME_ICON = { auto: "auto", light: "sun", dark: "moon" } as const;

function ThemeButton() {
  const now = theme.value;
  return (
    <button
      type="button"
      class="icon"
      aria-label={`Theme: ${now}`}
      title={`Theme: ${now}`}
      onClick={() => (theme.value = NEXT[now])}
    >
      <Icon name={THEME_ICON[now]} />
    </button>
  );
}

function LinkButton() {
  const copied = useSignal(false);
  const copy = async () => {
    await copyLink();
    copied.value = true;
    setTimeout(() => (copied.value = false), 1500);
  };
  return (
    <button
      type="button"
      class="icon"
      aria-label="Copy the link to this view"
      title="Copy the link to this view (C)"
      onClick={copy}
    >
      {copied.value ? <span class="small">copied</span> : <Icon name="link" />}
    </button>
  );
}
