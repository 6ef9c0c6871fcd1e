// A relay between pages and a W&B server: it holds the key, and lets pages do no more than log runs into one project.
//
//   page ─ /wandb/graphql, /wandb/files/…, /wandb/put/… ─▶ relay ─ with the key ─▶ W&B
//                                                            └──── without ─────▶ storage
//
// An API key gives its whole account to whoever reads it, so a page must not have it. What a page sends is not passed on as it is:
// of GraphQL three operations, in the relay's own words; file_stream of runs that began here, by the same user; PUTs only to
// addresses that the relay itself was given.
import { randomUUID } from "node:crypto";

const RUN = "id name displayName description config sweepName project { id name entity { id name } } historyLineCount";
const OPERATIONS = {
  UpsertBucket: `mutation UpsertBucket ($id: String, $name: String, $project: String, $entity: String, $groupName: String, $displayName: String, $notes: String, $config: JSONString, $jobType: String, $tags: [String!]) { upsertBucket(input: {id:$id,name:$name,groupName:$groupName,modelName:$project,entityName:$entity,displayName:$displayName,notes:$notes,config:$config,jobType:$jobType,tags:$tags}) { bucket { ${RUN} } inserted } }`,
  CreateRunFiles:
    "mutation CreateRunFiles ($entity: String!, $project: String!, $run: String!, $files: [String!]!) { createRunFiles(input: {entityName:$entity,projectName:$project,runName:$run,files:$files}) { runID uploadHeaders files { name uploadUrl } } }",
  RunResumeStatus:
    'query RunResumeStatus ($project: String, $entity: String, $name: String!) { model(name: $project, entityName: $entity) { id name entity { id name } bucket(name: $name, missingOk: true) { id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail config tags notes wandbConfig(keys: ["t"]) } } }',
};

/** What a page may say of a run. */
const FREE_VARIABLES = ["groupName", "displayName", "notes", "config", "jobType", "tags"];

const LIMITS = {
  /** Bytes of a request; W&B's own limit for a request of rows is about 10 MiB. */
  request: 12 << 20,
  /** Bytes of a file. */
  file: 25 << 20,
  /** Files of a run. */
  files: 1000,
  /** Requests a minute, and bytes, of a user. */
  requests: 600,
  bytes: 250 << 20,
  /** Milliseconds in which an address is good for a PUT. */
  address: 60 * 60_000,
};

class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * A handler of Node's http servers for all below `path`.
 *
 * @param {{
 *   apiKey: string, entity: string, project: string, baseUrl?: string, appUrl?: string,
 *   origins: string[],
 *   login: (request: import("node:http").IncomingMessage) => string | null | Promise<string | null>,
 *   path?: string, limits?: Partial<typeof LIMITS>,
 * }} options `origins`: of pages that may use it; `login`: who asks, by your own session; null: nobody that may
 * @returns {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => Promise<boolean>}
 *   whether the request was the relay's
 */
export function createRelay(options) {
  const { apiKey, entity, project, origins, login, path = "/wandb" } = options;
  const { baseUrl = "https://api.wandb.ai", appUrl = "https://wandb.ai" } = options;
  const limits = { ...LIMITS, ...options.limits };
  const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString("base64")}`;
  /** Run id → who began it, and how many files it has. */
  const runs = new Map();
  /** Our name of an address → the address. */
  const addresses = new Map();
  /** User → what is left of a minute. */
  const budgets = new Map();

  async function handle(request, response) {
    const { pathname } = new URL(request.url, "http://relay");
    if (!pathname.startsWith(`${path}/`)) return false;
    try {
      const origin =
        request.headers.origin ?? `${request.socket.encrypted ? "https" : "http"}://${request.headers.host}`;
      if (!origins.includes(origin)) throw new Refusal(403, "this page may not use the relay");
      const user = await login(request);
      if (user === null) throw new Refusal(401, "log in first");
      const answer = await route(request, pathname.slice(path.length), user);
      response.writeHead(answer.status, {
        "Content-Type": "application/json",
        "X-Wandb-App-Url": appUrl,
        ...answer.headers,
      });
      response.end(answer.body);
    } catch (error) {
      const { status = 502, headers = {} } = error instanceof Refusal ? error : {};
      const message = error instanceof Refusal ? error.message : "the server cannot be reached"; // never an address or a key
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      response.end(JSON.stringify({ errors: [{ message }] }));
    }
    return true;
  }

  async function route(request, place, user) {
    const put = /^\/put\/([\w-]+)$/.exec(place);
    if (request.method === "PUT" && put) return putFile(put[1], await bodyOf(request, limits.file, user), user);
    if (request.method !== "POST") throw new Refusal(405, "POST or PUT");
    const body = await bodyOf(request, limits.request, user);
    if (place === "/graphql") return graphql(parse(body), user);
    const stream = /^\/files\/([^/]+)\/([^/]+)\/([^/]+)\/file_stream$/.exec(place);
    if (!stream) throw new Refusal(404, "no such door");
    const [toEntity, toProject, run] = stream.slice(1).map(decodeURIComponent);
    if (toEntity !== entity || toProject !== project) throw new Refusal(403, "another project");
    checkOwner(run, user);
    parse(body);
    const target = [entity, project, run].map(encodeURIComponent).join("/");
    return pass(await send(`${baseUrl}/files/${target}/file_stream`, body));
  }

  async function graphql({ operationName, variables = {} }, user) {
    const own = { entity, project };
    switch (operationName) {
      case "RunResumeStatus": {
        const { name } = variables;
        const answer = await ask("RunResumeStatus", { ...own, name: checkName(name) });
        if (answer.json.data?.model?.bucket) checkOwner(name, user);
        return pass(answer);
      }
      case "UpsertBucket": {
        const name = checkName(variables.name);
        if (!runs.has(name)) await claim(name, user);
        checkOwner(name, user);
        const free = Object.fromEntries(FREE_VARIABLES.map((key) => [key, variables[key] ?? null]));
        const { id = null } = variables;
        const known = runs.get(name).storageId;
        const answer = await ask("UpsertBucket", { ...free, ...own, name, id: id === known ? id : null });
        runs.get(name).storageId = answer.json.data?.upsertBucket?.bucket?.id;
        return pass(answer);
      }
      case "CreateRunFiles": {
        const { run, files } = variables;
        checkOwner(run, user);
        if (!Array.isArray(files) || !files.every(isPath)) throw new Refusal(400, "files: paths inside the run");
        const owned = runs.get(run);
        for (const file of files) owned.files.add(file);
        if (owned.files.size > limits.files) throw new Refusal(403, `storage quota: ${limits.files} files a run`);
        return pass(renamed(await ask("CreateRunFiles", { ...own, run, files }), user));
      }
      default:
        throw new Refusal(403, "another operation");
    }
  }

  /** A run that is there already is somebody else's. */
  async function claim(name, user) {
    const { json } = await ask("RunResumeStatus", { entity, project, name });
    if (json.data?.model?.bucket) throw new Refusal(403, "a run of this id was not begun here");
    runs.set(name, { user, files: new Set(), storageId: undefined });
  }

  function checkOwner(run, user) {
    if (runs.get(run)?.user !== user) throw new Refusal(403, "a run of this id was not begun here");
  }

  /** Pages are given names of addresses, not the addresses: those are keys to storage. */
  function renamed(answer, user) {
    const made = answer.json.data?.createRunFiles;
    if (!made) return answer;
    const headers = Object.fromEntries(
      (made.uploadHeaders ?? []).map((line) => [
        line.slice(0, line.indexOf(":")),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
    );
    const until = Date.now() + limits.address;
    for (const [id, address] of addresses) if (address.until < Date.now()) addresses.delete(id);
    const files = made.files.map(({ name, uploadUrl }) => {
      if (!uploadUrl) return { name, uploadUrl };
      const id = randomUUID();
      addresses.set(id, { url: new URL(uploadUrl, baseUrl).href, headers, user, until });
      return { name, uploadUrl: `${path}/put/${id}` };
    });
    const json = { ...answer.json, data: { createRunFiles: { ...made, uploadHeaders: [], files } } };
    return { ...answer, json, body: JSON.stringify(json) };
  }

  async function putFile(id, body, user) {
    const address = addresses.get(id);
    if (address === undefined || address.user !== user || address.until < Date.now()) {
      throw new Refusal(403, "the address has expired");
    }
    const answer = await fetch(address.url, { method: "PUT", headers: address.headers, body, redirect: "manual" });
    await answer.body?.cancel();
    if (answer.ok) addresses.delete(id);
    return { status: answer.status, headers: passedHeaders(answer), body: "{}" };
  }

  async function ask(operationName, variables) {
    const query = OPERATIONS[operationName];
    const answer = await send(`${baseUrl}/graphql`, JSON.stringify({ query, variables, operationName }));
    try {
      return { ...answer, json: JSON.parse(answer.body) };
    } catch {
      return { ...answer, json: {} };
    }
  }

  async function send(url, body) {
    const headers = {
      Authorization: authorization,
      "Content-Type": "application/json",
      "User-Agent": "wandb-image-relay",
    };
    const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual" });
    return { status: answer.status, headers: passedHeaders(answer), body: await answer.text() };
  }

  /** Reads a body of at most `limit` bytes, out of what its user has left of this minute. */
  async function bodyOf(request, limit, user) {
    const budget = budgets.get(user) ?? { until: 0 };
    budgets.set(user, budget);
    if (budget.until < Date.now()) {
      Object.assign(budget, { until: Date.now() + 60_000, requests: limits.requests, bytes: limits.bytes });
    }
    const wait = { "Retry-After": String(Math.ceil((budget.until - Date.now()) / 1000)) };
    if (--budget.requests < 0) throw new Refusal(429, "too many requests", wait);
    const chunks = [];
    let bytes = 0;
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes > limit) throw new Refusal(413, `more than ${limit} bytes`);
      chunks.push(chunk);
    }
    budget.bytes -= bytes;
    if (budget.bytes < 0) throw new Refusal(429, "too many bytes", wait);
    return Buffer.concat(chunks);
  }

  return handle;
}

const pass = ({ status, headers, body }) => ({ status, headers, body });

function passedHeaders(answer) {
  const names = ["retry-after", "ratelimit-remaining", "ratelimit-reset"];
  return Object.fromEntries(
    names.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)]] : [])),
  );
}

function parse(body) {
  try {
    const json = JSON.parse(body);
    if (typeof json === "object" && json !== null) return json;
  } catch {
    // Refused below.
  }
  throw new Refusal(400, "expected JSON");
}

/** W&B's rule for run ids. */
function checkName(name) {
  if (typeof name === "string" && /^[^:;,#?/'\\\p{Cc}]{1,64}$/u.test(name)) return name;
  throw new Refusal(400, "name: a run id");
}

const isPath = (path) => typeof path === "string" && path.length < 1000 && !/^\/|\\|(^|\/)\.{0,2}(\/|$)/.test(path);
