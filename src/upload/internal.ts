// What W&B keeps under `_wandb` of a run's config, made of messages of Python's runs as W&B's client makes it: `t` of
// telemetry and `m` of metric definitions by field numbers (core/internal/corelib/protolib.go, runmetric), `e` of the
// environment by names (runenvironment).
import { PbfReader } from "pbf";
import type { RunFold } from "../read/fold.ts";
import { parseJson } from "../read/json.ts";

/** @param producer who uploads, for runs that do not say who wrote them */
export function configJson(fold: RunFold, producer: string): string {
  const telemetry = telemetryJson(fold.internal.telemetry);
  const own: [string, string][] = [];
  const { cliVersion, pythonVersion } = telemetry;
  if (cliVersion !== undefined) own.push(["cli_version", JSON.stringify(cliVersion)]);
  if (pythonVersion !== undefined) own.push(["python_version", JSON.stringify(pythonVersion)]);
  // Without `t` W&B's client takes a run for one that never began, and will not resume it (runbranch/resume.go).
  own.push(["t", telemetry.json === "{}" ? `{"5":${JSON.stringify(producer)}}` : telemetry.json]);
  own.push(["m", metricsJson(fold.internal.metrics)]);
  const environment = environmentOf(fold.internal.environment);
  if (environment !== undefined) {
    own.push(["e", `{${JSON.stringify(environment.writerId)}:${environment.json}}`]);
  }

  const keys = [...fold.config.keys()].filter((key) => key !== "_wandb");
  const members = keys.map((key) => `${JSON.stringify(key)}:{"value":${fold.config.get([key])!}}`);
  const set = new Set(own.map(([key]) => key));
  const given = membersJson(fold, set);
  const inner = [...given, ...own.map(([key, json]) => `${JSON.stringify(key)}:${json}`)];
  return `{${[...members, `"_wandb":{"value":{${inner.join(",")}}}`].join(",")}}`;
}

/** The members of `_wandb` that the run's own records set. */
function membersJson(fold: RunFold, except: ReadonlySet<string>): string[] {
  const given = Object.keys(parseJson(fold.config.get(["_wandb"]) ?? "{}") as object);
  return given
    .filter((key) => !except.has(key))
    .map((key) => `${JSON.stringify(key)}:${fold.config.get(["_wandb", key])!}`);
}

// A PbfReader reads fields one after the other; a message may stand in several records, of which the last scalar wins.

function eachField(message: Uint8Array, read: (field: number, pbf: PbfReader) => void): void {
  const pbf = new PbfReader(message);
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) read(field, pbf);
}

const TELEMETRY_TEXTS = [4, 5, 6, 12, 13];
const TELEMETRY_LABELS = 9;

function telemetryJson(messages: readonly Uint8Array[]): {
  json: string;
  cliVersion: string | undefined;
  pythonVersion: string | undefined;
} {
  const texts = new Map<number, string>();
  const flags = new Map<number, Set<number>>();
  const labels = new Map<number, string>();
  for (const message of messages) {
    eachField(message, (field, pbf) => {
      if (TELEMETRY_TEXTS.includes(field)) texts.set(field, pbf.readString());
      else if (field === TELEMETRY_LABELS) eachField(pbf.readBytes(), (n, inner) => labels.set(n, inner.readString()));
      else if (field < 200 && pbf.type === 2) {
        const set = flags.get(field) ?? new Set();
        flags.set(field, set);
        eachField(pbf.readBytes(), (n, inner) => inner.type === 0 && inner.readVarint() !== 0 && set.add(n));
      }
    });
  }
  const members = [
    ...[...texts].map(([field, text]) => `"${field}":${JSON.stringify(text)}`),
    ...[...flags].map(([field, set]) => `"${field}":${flagList(set)}`),
    ...(labels.size > 0 ? [`"${TELEMETRY_LABELS}":${JSON.stringify(Object.fromEntries(labels))}`] : []),
  ];
  return { json: `{${members.join(",")}}`, cliVersion: texts.get(5), pythonVersion: texts.get(4) };
}

function flagList(flags: ReadonlySet<number>): string {
  return `[${[...flags].sort((a, b) => a - b).join(",")}]`;
}

interface Metric {
  /** The name of its step metric. */
  step: string;
  /** Fields of MetricOptions. */
  readonly options: Set<number>;
  /** Fields of MetricSummary. */
  readonly summary: Set<number>;
  goal: number;
}

const STEP_SYNC = 1;
const HIDDEN = 2;
const DEFINED = 3;
const NO_SUMMARY = 6;

function newMetric(): Metric {
  return { step: "", options: new Set(), summary: new Set(), goal: 0 };
}

class Metrics {
  readonly named = new Map<string, Metric>();
  readonly globs = new Map<string, Metric>();
  /** Clients before 0.29 wrote a record for each name that a glob matched; then the server has no need of globs. */
  areExpanded = false;

  define(message: Uint8Array): void {
    let [name, glob] = ["", ""];
    let overwrite = false;
    let summary: Set<number> | undefined;
    const given = newMetric();
    eachField(message, (field, pbf) => {
      if (field === 1) name = pbf.readString();
      else if (field === 2) glob = pbf.readString();
      else if (field === 4) given.step = pbf.readString();
      else if (field === 6) readFlags(pbf, given.options);
      else if (field === 7) readFlags(pbf, (summary = new Set()));
      else if (field === 8) given.goal = pbf.readVarint();
      else if (field === 9) overwrite = readFlags(pbf, new Set()).has(1);
      else if (field === 10) this.areExpanded ||= pbf.readBoolean();
    });
    if (name === "" && glob === "") return;
    const kind = name === "" ? this.globs : this.named;
    const metric = (!overwrite && kind.get(name || glob)) || newMetric();
    kind.set(name || glob, metric);
    if (given.step !== "") metric.step = given.step;
    for (const option of [STEP_SYNC, HIDDEN]) if (given.options.has(option)) metric.options.add(option);
    if (name !== "") metric.options.add(DEFINED);
    if (summary !== undefined) {
      metric.summary.delete(NO_SUMMARY);
      for (const statistic of summary) metric.summary.add(statistic);
    }
    if (given.goal !== 0) metric.goal = given.goal;
  }
}

function metricsJson(messages: readonly Uint8Array[]): string {
  const { named, globs, areExpanded } = messages.reduce((all: Metrics, message) => {
    all.define(message);
    return all;
  }, new Metrics());
  const patterns = areExpanded ? [] : [...globs];
  // Steps are told by their places in the list, so each has one, defined or not.
  const names = [...named.keys()];
  for (const { step } of [...named.values(), ...patterns.map(([, metric]) => metric)]) {
    if (step !== "" && !names.includes(step)) names.push(step);
  }
  const encode = (field: 1 | 2, name: string, { step, options, summary, goal }: Metric) => {
    const members = [
      `"${field}":${JSON.stringify(name)}`,
      ...(step === "" ? [] : [`"5":${names.indexOf(step) + 1}`]),
      `"6":${flagList(options)}`,
      `"7":${flagList(summary)}`,
      ...(goal === 0 ? [] : [`"8":${goal}`]),
    ];
    return `{${members.join(",")}}`;
  };
  const encoded = [
    ...names.map((name) => encode(1, name, named.get(name) ?? newMetric())),
    ...patterns.map(([pattern, metric]) => encode(2, pattern, metric)),
  ];
  return `[${encoded.join(",")}]`;
}

function readFlags(pbf: PbfReader, flags: Set<number>): Set<number> {
  eachField(pbf.readBytes(), (field, inner) => inner.type === 0 && inner.readVarint() !== 0 && flags.add(field));
  return flags;
}

// EnvironmentRecord: names as protojson writes them, and of 64-bit integers digits in quotes.

type Kind =
  | "text"
  | "texts"
  | "int"
  | "long"
  | "time"
  | Message
  | { readonly map: Message | "text" }
  | { readonly list: Message };
interface Message {
  readonly fields: Readonly<Record<number, readonly [name: string, kind: Kind]>>;
}

const texts = (...names: string[]): Message => ({
  fields: Object.fromEntries(names.map((name, i) => [i + 1, [name, "text"]])),
});

const ENVIRONMENT: Message = {
  fields: {
    1: ["os", "text"],
    2: ["python", "text"],
    3: ["startedAt", "time"],
    4: ["docker", "text"],
    5: ["args", "texts"],
    6: ["program", "text"],
    7: ["codePath", "text"],
    8: ["codePathLocal", "text"],
    9: ["git", texts("remote", "commit")],
    10: ["email", "text"],
    11: ["root", "text"],
    12: ["host", "text"],
    13: ["username", "text"],
    14: ["executable", "text"],
    15: ["colab", "text"],
    16: ["cpu_count", "int"],
    17: ["cpu_count_logical", "int"],
    18: ["gpu", "text"],
    19: ["gpu_count", "int"],
    20: ["disk", { map: { fields: { 1: ["total", "long"], 2: ["used", "long"] } } }],
    21: ["memory", { fields: { 1: ["total", "long"] } }],
    22: ["cpu", { fields: { 1: ["count", "int"], 2: ["countLogical", "int"], 3: ["model", "text"] } }],
    23: [
      "apple",
      {
        fields: {
          1: ["name", "text"],
          2: ["ecpuCores", "int"],
          3: ["pcpuCores", "int"],
          4: ["gpuCores", "int"],
          5: ["memoryGb", "int"],
          6: ["swapTotalBytes", "long"],
          7: ["ramTotalBytes", "long"],
          8: ["macModel", "text"],
        },
      },
    ],
    24: [
      "gpu_nvidia",
      {
        list: {
          fields: {
            1: ["name", "text"],
            2: ["memoryTotal", "long"],
            3: ["cudaCores", "int"],
            4: ["architecture", "text"],
            5: ["uuid", "text"],
          },
        },
      },
    ],
    25: ["cudaVersion", "text"],
    26: [
      "gpu_amd",
      {
        list: texts(
          "id",
          "uniqueId",
          "vbiosVersion",
          "performanceLevel",
          "gpuOverdrive",
          "gpuMemoryOverdrive",
          "maxPower",
          "series",
          "model",
          "vendor",
          "sku",
          "sclkRange",
          "mclkRange",
        ),
      },
    ],
    27: ["slurm", { map: "text" }],
    28: [
      "trainium",
      {
        fields: {
          1: ["name", "text"],
          2: ["vendor", "text"],
          3: ["neuronDeviceCount", "int"],
          4: ["neuroncorePerDeviceCount", "int"],
        },
      },
    ],
    29: [
      "tpu",
      {
        fields: { 1: ["name", "text"], 2: ["hbmGib", "int"], 3: ["devicesPerChip", "int"], 4: ["count", "int"] },
      },
    ],
    30: ["coreweave", texts("clusterName", "orgId", "region")],
    199: ["writerId", "text"],
  },
};

type Json = string | number | Json[] | { [key: string]: Json };

/** The environment of the run's writer; undefined where no record tells of it. */
export function environmentOf(messages: readonly Uint8Array[]): { writerId: string; json: string } | undefined {
  if (messages.length === 0) return undefined;
  const merged: { [key: string]: Json } = {};
  for (const message of messages) readMessage(message, ENVIRONMENT, merged);
  const { writerId } = merged;
  return { writerId: typeof writerId === "string" ? writerId : "", json: JSON.stringify(merged, null, 2) };
}

function readMessage(message: Uint8Array, { fields }: Message, into: { [key: string]: Json }): { [key: string]: Json } {
  eachField(message, (field, pbf) => {
    const entry = fields[field];
    if (entry === undefined) return;
    const [name, kind] = entry;
    into[name] = readValue(pbf, kind, into[name]);
  });
  return into;
}

function readValue(pbf: PbfReader, kind: Kind, before: Json | undefined): Json {
  if (kind === "text") return pbf.readString();
  if (kind === "texts") return [...((before ?? []) as Json[]), pbf.readString()];
  if (kind === "int") return pbf.readVarint();
  if (kind === "long") return String(pbf.readVarint());
  if (kind === "time") return readTime(pbf.readBytes());
  if ("list" in kind) return [...((before ?? []) as Json[]), readMessage(pbf.readBytes(), kind.list, {})];
  const object = (before ?? {}) as { [key: string]: Json };
  if ("fields" in kind) return readMessage(pbf.readBytes(), kind, object);
  let key = "";
  let value: Json = kind.map === "text" ? "" : {};
  eachField(pbf.readBytes(), (field, inner) => {
    if (field === 1) key = inner.readString();
    else if (field === 2) value = readValue(inner, kind.map, undefined);
  });
  return { ...object, [key]: value };
}

/** RFC 3339 with as many digits as there are, in threes. */
function readTime(message: Uint8Array): string {
  let seconds = 0;
  let nanos = 0;
  eachField(message, (field, pbf) => {
    if (field === 1) seconds = pbf.readVarint(true);
    else if (field === 2) nanos = pbf.readVarint(true);
  });
  const fraction = String(nanos)
    .padStart(9, "0")
    .replace(/(000)+$/, "");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}
