// The GraphQL operations that an upload needs, as W&B's client words them (core/api/graphql), on one server.

import { jsonMessage, originOf, UploadError } from "./errors.ts";
import type { Answer, Http, RetryPolicy } from "./http.ts";
import { GRAPHQL, UPSERT } from "./http.ts";

/** What goes along to the server itself, and never to a storage host. */
export interface Authorization {
  /** For people: "WANDB_API_KEY", "~/.netrc" …; never the key. */
  readonly source: string;
  /** The header, of a key or of a token that is renewed. */
  header(signal?: AbortSignal): Promise<string | undefined>;
}

export interface Server {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Where people look: https://wandb.ai. A relay says it with its answers. */
  appUrl: string;
  readonly http: Http;
  readonly authorization: Authorization;
  /** Sent with every GraphQL request (WANDB_USERNAME and the like, shared mode). */
  readonly graphqlHeaders: Readonly<Record<string, string>>;
  readonly userAgent: string | undefined;
}

/** A POST that carries the key. A refused key is an error that names the server and where the key came from. */
export async function post(
  server: Server,
  request: {
    what: string;
    path: string;
    body: string | Uint8Array;
    policy: RetryPolicy;
    headers?: Readonly<Record<string, string>> | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Answer> {
  const authorization = await server.authorization.header(request.signal);
  try {
    return await server.http.send({
      ...request,
      url: server.baseUrl + request.path,
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(server.userAgent !== undefined && { "User-Agent": server.userAgent }),
        ...request.headers,
        ...(authorization !== undefined && { Authorization: authorization }),
      },
    });
  } catch (error) {
    if (!(error instanceof UploadError) || error.status !== 401) throw error;
    throw new UploadError(
      "unauthorized",
      `${error.message}. It came from ${server.authorization.source}; a key for this server is at ${server.appUrl}/authorize`,
      { status: 401 },
    );
  }
}

async function graphql<T>(
  server: Server,
  operationName: string,
  query: string,
  variables: object,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await post(server, {
    what: operationName,
    path: "/graphql",
    body: JSON.stringify({ query, variables, operationName }),
    policy,
    headers: server.graphqlHeaders,
    signal,
  });
  server.appUrl = answer.headers.get("x-wandb-app-url") ?? server.appUrl;
  const at = `${operationName}: ${originOf(server.baseUrl)}`;
  let json: { data?: T | null };
  try {
    json = JSON.parse(answer.body);
  } catch (cause) {
    throw new UploadError("refused", `${at} did not answer with JSON; is it a W&B server?`, { cause });
  }
  const message = jsonMessage(json); // HTTP 200 with errors is an error, and final
  if (message !== undefined) {
    const code = /quota|storage limit/i.test(message)
      ? "quota"
      : /permission|denied/i.test(message)
        ? "forbidden"
        : "refused";
    throw new UploadError(code, `${at} answered with an error (${message})`, { status: answer.status });
  }
  if (json.data === undefined || json.data === null) {
    throw new UploadError("refused", `${at} answered without data`, { status: answer.status });
  }
  return json.data;
}

export interface Viewer {
  readonly entity: string | null;
  readonly username: string | null;
}

/** Who the key belongs to; null for a key that the server does not know. */
export async function viewer(server: Server, signal?: AbortSignal): Promise<Viewer | null> {
  const query = "query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }";
  return (await graphql<{ viewer: Viewer | null }>(server, "Viewer", query, {}, GRAPHQL, signal)).viewer;
}

/** Empty strings count as not given. `config` is JSON text that may hold bare NaN. */
export interface BucketInput {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly project?: string | undefined;
  readonly entity?: string | undefined;
  readonly groupName?: string | undefined;
  readonly displayName?: string | undefined;
  readonly notes?: string | undefined;
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly jobType?: string | undefined;
  readonly program?: string | undefined;
  readonly repo?: string | undefined;
  readonly commit?: string | undefined;
  readonly sweep?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly historyLineCount: number | null;
  readonly project: { readonly name: string; readonly entity: { readonly name: string } } | null;
}

const UPSERT_BUCKET =
  "mutation UpsertBucket ($id: String, $name: String, $project: String, $entity: String, $groupName: String, " +
  "$description: String, $displayName: String, $notes: String, $commit: String, $config: JSONString, $host: String, " +
  "$debug: Boolean, $program: String, $repo: String, $jobType: String, $state: String, $sweep: String, " +
  "$tags: [String!], $summaryMetrics: JSONString) { upsertBucket(input: {id:$id,name:$name,groupName:$groupName," +
  "modelName:$project,entityName:$entity,description:$description,displayName:$displayName,notes:$notes," +
  "config:$config,commit:$commit,host:$host,debug:$debug,jobProgram:$program,jobRepo:$repo,jobType:$jobType," +
  "state:$state,sweep:$sweep,tags:$tags,summaryMetrics:$summaryMetrics}) { bucket { id name displayName description " +
  "config sweepName project { id name entity { id name } } historyLineCount } inserted } }";

/** All that the mutation knows; what is not given is null. */
const NO_BUCKET = Object.fromEntries([...UPSERT_BUCKET.matchAll(/\$(\w+): /g)].map(([, name]) => [name!, null]));

/** Creates a run, or changes one. */
export async function upsertBucket(server: Server, input: BucketInput, signal?: AbortSignal): Promise<Bucket> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined && value !== "");
  const variables = { ...NO_BUCKET, ...Object.fromEntries(given) };
  const data = await graphql<{ upsertBucket: { bucket: Bucket | null } | null }>(
    server,
    "UpsertBucket",
    UPSERT_BUCKET,
    variables,
    UPSERT,
    signal,
  );
  const bucket = data.upsertBucket?.bucket;
  if (!bucket) throw new UploadError("refused", `UpsertBucket: ${originOf(server.baseUrl)} answered without a run`);
  return bucket;
}

export interface RunFiles {
  /** `Key: Value`, for every PUT. */
  readonly uploadHeaders: readonly string[] | null;
  readonly files: readonly { readonly name: string; readonly uploadUrl: string | null }[];
}

/** Where the bytes of files are to be put. */
export async function createRunFiles(
  server: Server,
  run: { entity: string; project: string; id: string },
  files: readonly string[],
  signal?: AbortSignal,
): Promise<RunFiles> {
  const query =
    "mutation CreateRunFiles ($entity: String!, $project: String!, $run: String!, $files: [String!]!) { " +
    "createRunFiles(input: {entityName:$entity,projectName:$project,runName:$run,files:$files}) { runID uploadHeaders " +
    "files { name uploadUrl } } }";
  const variables = { entity: run.entity, project: run.project, run: run.id, files };
  const data = await graphql<{ createRunFiles: RunFiles | null }>(
    server,
    "CreateRunFiles",
    query,
    variables,
    GRAPHQL,
    signal,
  );
  if (!data.createRunFiles) {
    throw new UploadError("refused", `CreateRunFiles: ${originOf(server.baseUrl)} answered without addresses`);
  }
  return data.createRunFiles;
}

/** What a server has of a run that is to be resumed. JSON texts, tails as arrays of JSON texts. */
export interface ResumeBucket {
  readonly id: string;
  readonly name: string;
  readonly summaryMetrics: string | null;
  readonly displayName: string | null;
  readonly logLineCount: number | null;
  readonly historyLineCount: number | null;
  readonly eventsLineCount: number | null;
  readonly historyTail: string | null;
  readonly eventsTail: string | null;
  readonly config: string | null;
  readonly tags: readonly string[] | null;
  readonly notes?: string | null;
  readonly wandbConfig: string | null;
}

/** The run as the server has it; undefined where there is none. */
export async function runResumeStatus(
  server: Server,
  run: { project: string | undefined; entity: string | undefined; id: string },
  signal?: AbortSignal,
): Promise<ResumeBucket | undefined> {
  const query =
    "query RunResumeStatus ($project: String, $entity: String, $name: String!) { model(name: $project, entityName: " +
    "$entity) { id name entity { id name } bucket(name: $name, missingOk: true) { id name summaryMetrics displayName " +
    'logLineCount historyLineCount eventsLineCount historyTail eventsTail config tags notes wandbConfig(keys: ["t"]) } } }';
  const data = await graphql<{ model: { bucket: ResumeBucket | null } | null }>(
    server,
    "RunResumeStatus",
    query,
    { project: run.project ?? null, entity: run.entity ?? null, name: run.id },
    GRAPHQL,
    signal,
  );
  return data.model?.bucket ?? undefined;
}
