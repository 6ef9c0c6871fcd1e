// The runs' config, what differs between them first; and what they printed.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConsoleAnswer, RunIndex } from "../../src/view/api.ts";
import { indexes, runs, selected, selectedIndexes, source } from "../model/state.ts";
import { RunName } from "./pane.tsx";

export function ConfigTable() {
  const shown = selectedIndexes.value;
  const flat = shown.map((index) => flatten(index.config));
  const keys = [...new Set(flat.flatMap((map) => [...map.keys()]))].sort();
  const differs = (key: string) => new Set(flat.map((map) => map.get(key))).size > 1;
  const sorted = shown.length > 1 ? [...keys.filter(differs), ...keys.filter((key) => !differs(key))] : keys;
  return (
    <div class="scroller">
      <div class="content">
        <table class="config">
          <thead>
            <tr>
              <th scope="col">{shown.length > 1 ? `config, ${keys.filter(differs).length} differ` : "config"}</th>
              {shown.map((index) => (
                <th scope="col" key={index.id}>
                  <RunName id={index.id} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Facts shown={shown} />
            {sorted.map((key) => (
              <tr key={key} class={shown.length > 1 && differs(key) ? "differs" : ""}>
                <th scope="row">{key}</th>
                {flat.map((map, i) => (
                  <td key={shown[i]!.id}>{map.get(key) ?? <span class="dim">not set</span>}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {keys.length === 0 && <p class="dim">This run has no config: pass init(&#123; config &#125;).</p>}
      </div>
    </div>
  );
}

/** What the list of runs knows of each: its folder, tags, notes. */
function Facts({ shown }: { shown: readonly RunIndex[] }) {
  const heads = shown.map((index) => runs.value?.find((run) => run.id === index.id));
  const rows: [string, (string | undefined)[]][] = [
    ["run", heads.map((head) => head?.id)],
    ["project", heads.map((head) => head?.project)],
    ["state", heads.map((head) => (head?.reason ? `${head.state}, ${head.reason}` : head?.state))],
    ["folder", heads.map((head) => head?.folder)],
    ["group", heads.map((head) => head?.group)],
    ["tags", heads.map((head) => head?.tags.join(", "))],
    ["notes", heads.map((head) => head?.notes)],
    ["broken blocks", shown.map((index) => (index.brokenBlocks > 0 ? `${index.brokenBlocks}, skipped` : undefined))],
  ];
  return (
    <>
      {rows
        .filter(([, values]) => values.some(Boolean))
        .map(([name, values]) => (
          <tr key={name} class="fact">
            <th scope="row">{name}</th>
            {values.map((value, i) => (
              <td key={shown[i]!.id}>{value}</td>
            ))}
          </tr>
        ))}
    </>
  );
}

function flatten(value: unknown, path = "", found = new Map<string, string>()): Map<string, string> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) {
      flatten(inner, path === "" ? key : `${path}.${key}`, found);
    }
  } else {
    found.set(path, typeof value === "string" ? value : JSON.stringify(value));
  }
  return found;
}

export function Console() {
  return (
    <div class="scroller">
      <div class="content">
        {selected.value.map((id) => (
          <ConsoleOf key={id} id={id} />
        ))}
      </div>
    </div>
  );
}

function ConsoleOf({ id }: { id: string }) {
  const answer = useSignal<ConsoleAnswer | null>(null);
  const version = indexes.value.get(id)?.version;
  useEffect(() => {
    if (version === undefined) return;
    source()
      .console(id)
      .then((found) => (answer.value = found));
  }, [id, version, answer]);
  const now = answer.value;
  return (
    <section class="console">
      {selected.value.length > 1 && <RunName id={id} />}
      {now?.lines.length === 0 && (
        <p class="dim">This run recorded no console lines. Python's client records what a program prints.</p>
      )}
      {now !== null && now.left > 0 && (
        <p class="dim">{now.left.toLocaleString("en-US")} lines before these are left out</p>
      )}
      <pre>
        {now?.lines.map((line, i) => (
          <span key={i} class={line.stream}>
            {`${line.text}\n`}
          </span>
        ))}
      </pre>
    </section>
  );
}
