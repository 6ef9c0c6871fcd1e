// A stand-in for a W&B server on the loopback, with faults on demand. What its clients left there is `state`: of each run
// what W&B's own server is known to keep (semantics of file_stream: wandb's tests/fixtures/wandb_backend_spy/spy.py).
// Storage is a second server, as with W&B: a key that reaches it is a fault of the client, and is counted.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

/**
 * A fault. `on`: "gql", "gql:UpsertBucket", "fs", "put", "put:media/x.png", "oidc"; the first rule that fits and has `times` left acts.
 * @typedef {{ on: string, skip?: number, times?: number, status?: number, headers?: Record<string, string>, body?: string,
 *   delay?: number, cut?: "before" | "after" }} Rule
 *
 * @typedef {{ op: string, status: number | "cut", headers: Record<string, string | string[] | undefined>, body: any, bytes: number,
 *   path: string, time: number }} Entry
 */

const empty = () => ({
  id: "",
  config: {},
  configText: "{}",
  params: {},
  history: new Map(),
  events: new Map(),
  output: new Map(),
  summary: undefined,
  uploaded: new Set(),
  files: new Map(),
  complete: false,
  exitCode: undefined,
  preempting: false,
  rewritten: [],
});

export class WandbServer {
  /** @type {Rule[]} */
  rules = [];
  /** @type {Entry[]} */
  log = [];
  runs = new Map();
  /** Requests that this stand-in could not understand. */
  problems = [];
  /** Called for each request, before the rules: a fault, or nothing. @type {undefined | ((kind: string) => Partial<Rule> | undefined)} */
  chaos;
  keysAtStorage = 0;
  entity = "ann";
  key = undefined;
  uploadHeaders = ["x-test: 1"];
  features = [];
  streamAnswer = { exitcode: null, limits: {} };
  streamHeaders = {};
  /** How often each presigned address works, and whether it does. */
  addresses = 0;
  expired = new Set();
  /** Bytes a second of storage; undefined: as fast as it goes. */
  bandwidth;
  keepBytes = true;

  static async start() {
    const server = new WandbServer();
    server.#api = createServer((request, response) => server.#serve(request, response, false));
    server.#storage = createServer((request, response) => server.#serve(request, response, true));
    for (const each of [server.#api, server.#storage]) {
      each.keepAliveTimeout = 60_000;
      await new Promise((resolve) => each.listen(0, "127.0.0.1", resolve));
    }
    server.url = `http://127.0.0.1:${server.#api.address().port}`;
    server.storageUrl = `http://127.0.0.1:${server.#storage.address().port}`;
    return server;
  }

  #api;
  #storage;
  #nextByte = 0;

  async close() {
    for (const each of [this.#api, this.#storage]) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
  }

  /** The one run that is there. */
  get run() {
    if (this.runs.size !== 1) throw new Error(`${this.runs.size} runs on the server`);
    return [...this.runs.values()][0];
  }

  async #serve(request, response, isStorage) {
    try {
      await this.#handle(request, response, isStorage);
    } catch (error) {
      this.problems.push(String(error?.stack ?? error));
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  }

  async #handle(request, response, isStorage) {
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the client went away
    }
    let body = Buffer.concat(chunks);
    const bytes = body.length;
    if (request.headers["content-encoding"] === "gzip") body = gunzipSync(body);
    const path = decodeURIComponent(request.url.split("?")[0]);
    const kind = this.#kindOf(path, body, isStorage);
    const entry = {
      op: kind.op,
      status: 200,
      headers: request.headers,
      body: kind.body,
      bytes,
      path,
      time: performance.now(),
    };
    this.log.push(entry);
    if (isStorage && request.headers.authorization !== undefined) this.keysAtStorage++;

    const rule = this.#fault(kind);
    if (rule?.delay) await new Promise((resolve) => setTimeout(resolve, rule.delay));
    if (rule?.cut === "before") {
      entry.status = "cut";
      request.socket.destroy();
      return;
    }
    if (rule?.status !== undefined) {
      entry.status = rule.status;
      response.writeHead(rule.status, { "Content-Type": "application/json", ...rule.headers });
      response.end(rule.body ?? '{"errors":[{"message":"injected"}]}');
      return;
    }
    if (isStorage && this.bandwidth !== undefined) await this.#passBytes(bytes);
    const answer = isStorage ? this.#put(kind.run, kind.file, body, request) : this.#answer(kind, request);
    entry.status = rule?.cut === "after" ? "cut" : (answer.status ?? 200);
    if (rule?.cut === "after") {
      request.socket.destroy();
      return;
    }
    const text = answer.text ?? JSON.stringify(answer.json ?? {});
    response.writeHead(answer.status ?? 200, { "Content-Type": "application/json", ...answer.headers });
    response.end(text);
  }

  #kindOf(path, body, isStorage) {
    if (isStorage) {
      const [, entity, project, run, ...file] = path.split("/");
      return {
        op: "put",
        detail: file.join("/"),
        run: `${entity}/${project}/${run}`,
        file: file.join("/"),
        body: undefined,
      };
    }
    if (path === "/graphql") {
      const json = JSON.parse(body.toString());
      return { op: "gql", detail: json.operationName, body: json };
    }
    if (path.endsWith("/file_stream")) {
      const [, , entity, project, run] = path.split("/");
      return { op: "fs", detail: "", run: `${entity}/${project}/${run}`, body: JSON.parse(body.toString()) };
    }
    return { op: path === "/oidc/token" ? "oidc" : "other", detail: "", body: body.toString() };
  }

  #fault({ op, detail }) {
    const chaos = this.chaos?.(op, detail);
    if (chaos) return chaos;
    for (const rule of this.rules) {
      if (rule.on !== op && rule.on !== `${op}:${detail}`) continue;
      if ((rule.skip ?? 0) > 0) {
        rule.skip--;
        continue;
      }
      rule.times ??= 1;
      if (rule.times <= 0) continue;
      rule.times--;
      return rule;
    }
    return undefined;
  }

  async #passBytes(bytes) {
    const now = performance.now();
    this.#nextByte = Math.max(now, this.#nextByte) + (bytes / this.bandwidth) * 1000;
    await new Promise((resolve) => setTimeout(resolve, this.#nextByte - now));
  }

  #put(name, file, body, request) {
    const query = request.url.split("?")[1] ?? "";
    if (this.expired.has(query))
      return { status: 403, text: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>" };
    if (request.headers["content-length"] === undefined)
      return { status: 501, text: "<Error><Code>NotImplemented</Code></Error>" };
    const run = this.runs.get(name);
    const sha256 = createHash("sha256").update(body).digest("hex");
    run.files.set(file, {
      size: body.length,
      sha256,
      bytes: this.keepBytes ? body : undefined,
      headers: request.headers,
    });
    return {};
  }

  #answer({ op, detail, body, run }, request) {
    if (op === "oidc") return { json: { access_token: "token-of-the-exchange", expires_in: 3600 } };
    const { authorization } = request.headers;
    const wanted = this.key && [
      `Basic ${Buffer.from(`api:${this.key}`).toString("base64")}`,
      "Bearer token-of-the-exchange",
    ];
    if (wanted && !wanted.includes(authorization))
      return { status: 401, json: { errors: [{ message: "invalid API key" }] } };
    if (op === "fs") return this.#stream(this.runs.get(run), body);
    if (op !== "gql") return { status: 404 };
    const variables = body.variables ?? {};
    switch (detail) {
      case "UpsertBucket":
        return { json: { data: { upsertBucket: this.#upsert(variables) } } };
      case "CreateRunFiles":
        return { json: { data: { createRunFiles: this.#createFiles(variables) } } };
      case "RunResumeStatus":
        return { json: { data: { model: this.#resume(variables) } } };
      case "ServerFeaturesQuery":
        return {
          json: { data: { serverInfo: { features: this.features.map((name) => ({ name, isEnabled: true })) } } },
        };
      case "Viewer":
        return {
          json: {
            data: {
              viewer: {
                id: "VXNlcg==",
                entity: this.entity,
                username: "ann",
                email: "a@b.c",
                flags: "{}",
                teams: { edges: [] },
              },
            },
          },
        };
      default:
        return { json: { data: {} } };
    }
  }

  #name({ entity, project, name }) {
    return `${entity ?? this.entity}/${project ?? "uncategorized"}/${name}`;
  }

  #upsert(variables) {
    const byId = [...this.runs].find(([, run]) => variables.id != null && run.id === variables.id);
    const name = byId?.[0] ?? this.#name(variables);
    const inserted = !this.runs.has(name);
    if (inserted) this.runs.set(name, { ...empty(), id: Buffer.from(`Run:${name}`).toString("base64") });
    const run = this.runs.get(name);
    if (variables.config != null) {
      run.configText = variables.config;
      run.config = parsePython(variables.config);
    }
    for (const key of ["groupName", "displayName", "notes", "jobType", "host", "tags", "commit", "repo", "sweep"]) {
      if (variables[key] != null) run.params[key] = variables[key];
    }
    const [entity, project, id] = name.split("/");
    run.params.displayName ??= `brisk-sun-${this.runs.size}`;
    const bucket = {
      id: run.id,
      name: id,
      displayName: run.params.displayName,
      description: null,
      config: run.configText,
      sweepName: null,
      historyLineCount: run.history.size,
      project: { id: "UA==", name: project, entity: { id: "RQ==", name: entity } },
    };
    return { bucket, inserted };
  }

  #createFiles({ entity, project, run, files }) {
    const place = [entity, project, run].map(encodeURIComponent).join("/");
    const addressed = files.map((name) => ({
      name,
      uploadUrl: `${this.storageUrl}/${place}/${name.split("/").map(encodeURIComponent).join("/")}?signature=${++this.addresses}`,
    }));
    return { runID: run, uploadHeaders: this.uploadHeaders, files: addressed };
  }

  #stream(run, body) {
    if (run === undefined) return { status: 404, json: { error: "no such run" } };
    const maps = { "wandb-history.jsonl": run.history, "wandb-events.jsonl": run.events, "output.log": run.output };
    for (const [name, { offset, content }] of Object.entries(body.files ?? {})) {
      if (name === "wandb-summary.json") run.summary = parsePython(content.at(-1));
      else {
        for (const [i, line] of content.entries()) {
          const before = maps[name].get(offset + i);
          if (before !== undefined && before !== line && name !== "output.log")
            run.rewritten.push(`${name}:${offset + i}`);
          maps[name].set(offset + i, line);
        }
      }
    }
    for (const path of body.uploaded ?? []) run.uploaded.add(path);
    if (body.preempting) run.preempting = true;
    run.complete = body.complete === true;
    if (body.complete) run.exitCode = body.exitcode;
    return { json: this.streamAnswer, headers: this.streamHeaders };
  }

  #resume(variables) {
    const name = this.#name(variables);
    const run = this.runs.get(name);
    const [entity, project, id] = name.split("/");
    const tail = (lines) => JSON.stringify(lines.size === 0 ? [] : [lines.get(Math.max(...lines.keys()))]);
    const bucket = run && {
      id: run.id,
      name: id,
      summaryMetrics: pythonJson(run.summary ?? {}),
      displayName: run.params.displayName,
      logLineCount: run.output.size,
      historyLineCount: run.history.size,
      eventsLineCount: run.events.size,
      historyTail: tail(run.history),
      eventsTail: tail(run.events),
      config: run.configText,
      tags: run.params.tags ?? [],
      notes: run.params.notes ?? null,
      wandbConfig: JSON.stringify({ t: run.config._wandb?.value?.t }),
    };
    return { id: "UA==", name: project, entity: { id: "RQ==", name: entity }, bucket: bucket ?? null };
  }
}

/** JSON with bare NaN and infinities, and integers of any size, as comparable values. */
export function parsePython(text) {
  const marked = text.replace(
    /("(?:[^"\\]|\\.)*")|(-?(?:NaN|Infinity))|((?<![\d.])-?\d{16,}(?![\d.eE]))/g,
    (_, string, word, digits) => string ?? JSON.stringify(`\u0001${word ?? digits}`),
  );
  return JSON.parse(marked);
}

function pythonJson(value) {
  return JSON.stringify(value).replace(/"\\u0001([^"]*)"/g, "$1");
}

/**
 * What is left of a run, comparable: without what only says who uploaded.
 * @param {ReturnType<typeof empty>} run
 */
export function stateOf(run) {
  const config = structuredClone(run.config);
  const own = config._wandb?.value ?? {};
  for (const key of ["t", "e", "cli_version", "python_version"]) delete own[key];
  const files = [...run.files].map(([path, { size, sha256 }]) => [path, isMade(path) ? "made" : `${size} ${sha256}`]);
  return {
    config: sorted(config),
    params: sorted(run.params),
    history: [...run.history].sort(([a], [b]) => a - b).map(([line, text]) => [line, sorted(parsePython(text))]),
    summary: sorted(run.summary ?? {}),
    output: [...run.output].sort(([a], [b]) => a - b),
    uploaded: [...run.uploaded].sort(),
    files: files.sort(([a], [b]) => (a < b ? -1 : 1)),
    complete: run.complete,
    exitCode: run.exitCode,
  };
}

/** Written by the uploader, each in its own way. */
const isMade = (path) => ["config.yaml", "wandb-summary.json", "wandb-metadata.json"].includes(path);

export function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
