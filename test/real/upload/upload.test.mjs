// W&B's client is the oracle: what it leaves on a server of a run, ours leaves, too.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chaosOf, randomOf } from "../../support/chaos.mjs";
import { sorted, stateOf, WandbServer } from "../../support/wandb-server.mjs";
import { copyOf, KEY, logOf, ourSync, python, ROOT, run, settings, wandbSync } from "./clients.mjs";
import { RUNS } from "./runs.mjs";

process.env.WANDB_SILENT = "true";
const VERSIONS = ["0.31.0", "0.28.2"];
const FULL = process.env.FULL === "1";
const newFolder = () => mkdtempSync(join(tmpdir(), "upload-real-"));

/** What a client leaves of a run on a server of its own. */
async function left(client) {
  const server = await WandbServer.start();
  try {
    const result = await client(server);
    assert.deepEqual(server.problems, [], result?.output);
    assert.equal(server.keysAtStorage, 0);
    return { state: stateOf(server.run), run: server.run, result, log: server.log };
  } finally {
    await server.close();
  }
}

const byOurs = (dir) => (server) => ourSync(server, copyOf(dir));
const byWandb = (dir, version) => (server) => wandbSync(version, server, copyOf(dir));

const ALL = FULL ? { pictures: 2000, rows: 20_000 } : { pictures: 300, rows: 4000 };

for (const name of ["everything", "renamed", "pictures", "rows"]) {
  test(`a run of ours, ${name}: the same by wandb sync and by ours`, async () => {
    const dir = await RUNS[name](newFolder(), ALL[name]);
    const ours = await left(byOurs(dir));
    assert.equal(ours.result.code, 0, ours.result.output);
    for (const version of VERSIONS) {
      const theirs = await left(byWandb(dir, version));
      assert.deepEqual(ours.state, theirs.state, version);
    }
  });
}

/** Python's client says in the config who it is, and stamps console lines when it uploads them. */
function comparable({ state, run: { config, output } }) {
  const { m = [] } = config._wandb.value;
  const metrics = m.map((metric) => JSON.stringify(sorted({ ...metric, 5: metric[5] && m[metric[5] - 1][1] }))).sort();
  const lines = [...output.values()].map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+ /, "")).sort();
  const { _wandb, ...rest } = state.config;
  const own = { ..._wandb.value };
  delete own.m;
  return { ...state, config: { ...rest, own }, metrics, output: lines };
}

for (const version of VERSIONS) {
  test(`a run of Python's wandb ${version}: the same by its sync and by ours`, async () => {
    const dir = newFolder();
    await python(version, "log_run.py", ["offline", dir, "py1"], {});
    const [name] = readdirSync(join(dir, "wandb")).filter((each) => each.startsWith("offline-run-"));
    const place = join(dir, "wandb", name);
    const ours = await left(byOurs(place));
    assert.equal(ours.result.code, 0, ours.result.output);
    const theirs = await left(byWandb(place, version));
    assert.deepEqual(comparable(ours), comparable(theirs));
    const [a, b] = [ours.run, theirs.run].map(({ config }) => config._wandb.value);
    assert.deepEqual(Object.values(sorted(a.e))[0], Object.values(sorted(b.e))[0]);
    for (const key of ["1", "2", "4", "5"]) assert.deepEqual(a.t[key], b.t[key], `telemetry ${key}`);
    const metadata = ({ files }) => JSON.parse(files.get("wandb-metadata.json").bytes);
    assert.deepEqual(sorted(metadata(ours.run)), sorted(metadata(theirs.run)));
    assert.equal(ours.run.events.size, theirs.run.events.size);
  });
}

/** Without what time and client alone decide. */
function timeless(state) {
  const strip = (row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !/^_(runtime|timestamp|wandb)$/.test(key)));
  const { _wandb, ...config } = state.config;
  const labels = Object.fromEntries(Object.entries(_wandb.value).filter(([key]) => key.includes("class_labels")));
  const media = (list) => list.filter((entry) => String(entry).startsWith("media/"));
  return {
    config,
    labels,
    params: state.params,
    history: state.history.map(([line, row]) => [line, strip(row)]),
    summary: strip(state.summary),
    uploaded: media(state.uploaded),
    files: media(state.files.map(([path, what]) => `${path} ${what}`)).map((entry) => entry.replace(/ .*/, "")),
    complete: state.complete,
    exitCode: state.exitCode,
  };
}

test("the same calls in Python and in JavaScript, online, leave the same", async () => {
  const theirs = await left((server) => python("0.31.0", "log_same.py", ["online", newFolder()], settings(server)));
  const ours = await left(async (server) => {
    const program = `import { RUNS } from ${JSON.stringify(new URL("runs.mjs", import.meta.url).href)}; await RUNS.same(${JSON.stringify(newFolder())});`;
    const result = await run(process.execPath, ["--input-type=module", "-e", program], settings(server));
    assert.equal(result.code, 0, result.output);
    return result;
  });
  assert.deepEqual(timeless(ours.state), timeless(theirs.state));
});

const ROUNDS = FULL ? 200 : 12;

test(`${ROUNDS} uploads under random faults, killed at random moments: the same as without`, async () => {
  const dir = await RUNS.pictures(newFolder(), 120);
  const wanted = (await left(byOurs(dir))).state;
  const fast = fileURLToPath(new URL("sync-fast.mjs", import.meta.url));
  let kills = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = randomOf(seed);
    const server = await WandbServer.start();
    const copy = copyOf(dir);
    server.chaos = chaosOf(random, 5);
    let outcome = "";
    // "skipped": it was killed after its last deed, the marker.
    for (let attempt = 0; attempt < 30 && outcome !== "uploaded" && outcome !== "skipped"; attempt++) {
      const kill = attempt < 4 ? 60 + random() * 340 : undefined;
      const result = await run(process.execPath, [fast, server.url, KEY, copy], {}, (child) => {
        if (kill !== undefined) setTimeout(() => child.kill("SIGKILL"), kill);
      });
      if (result.signal === "SIGKILL") kills++;
      else outcome = JSON.parse(result.output.trim().split("\n").at(-1)).outcome;
    }
    assert.match(outcome, /^(uploaded|skipped)$/, `seed ${seed}`);
    assert.deepEqual(stateOf(server.run), wanted, `seed ${seed}`);
    assert.deepEqual(server.run.rewritten, [], `seed ${seed}`);
    assert.ok(existsSync(`${logOf(copy)}.synced`));
    await server.close();
  }
  console.log(`${ROUNDS} rounds, ${kills} kills`);
  assert.ok(kills > 0);
});

test("the command: exit codes, words, --json, --dry-run", async () => {
  const dir = await RUNS.everything(newFolder());
  const server = await WandbServer.start();
  try {
    const dry = await ourSync(server, copyOf(dir), ["--dry-run"]);
    assert.equal(dry.code, 0);
    assert.match(dry.output, /ann\/cats & dogs\/every1 {2}failed/);
    assert.equal(server.log.length, 0);
    server.rules = [{ on: "put", times: 999, status: 404, body: "<Error><Code>NoSuchBucket</Code></Error>" }];
    const copy = copyOf(dir);
    const owed = await ourSync(server, copy);
    assert.equal(owed.code, 1, owed.output);
    assert.match(owed.output, /every1: not everything is there: 6 rows, 0 files.*\n {2}owed: media\/.*NoSuchBucket/);
    server.rules = [];
    const json = await ourSync(server, copy, ["--json"]);
    assert.equal(json.code, 0);
    const [result] = JSON.parse(json.output);
    assert.deepEqual([result.outcome, result.rows, result.owed], ["uploaded", 6, []]);
    assert.equal(result.url, `${server.url}/ann/cats%20%26%20dogs/runs/every1`);
    const unkeyed = await ourSync(server, copyOf(dir), [], { WANDB_API_KEY: "" });
    assert.equal(unkeyed.code, 1);
    assert.match(unkeyed.output, /no API key for http:\/\/127\.0\.0\.1:\d+: pass apiKey/);
    assert.ok(!unkeyed.output.includes(KEY));
    assert.equal((await ourSync(server, [], ["--bogus"])).code, 2);
  } finally {
    await server.close();
  }
});

test("W&B's wandb sync leaves a run alone that ours uploads while it goes on", async () => {
  const dir = newFolder();
  const server = await WandbServer.start();
  try {
    const program = `import { RUNS } from ${JSON.stringify(new URL("runs.mjs", import.meta.url).href)}; await RUNS.same(${JSON.stringify(dir)});`;
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, ...settings(server) },
    });
    const requests = server.log.length;
    for (const version of VERSIONS) await wandbSync(version, server, join(dir, "wandb"));
    assert.equal(server.log.length, requests);
  } finally {
    await server.close();
  }
});

test("a blocked program: files, rows and signs of life go on, from a thread of their own", async () => {
  const server = await WandbServer.start();
  // A file takes long enough that the upload has not ended before the program is blocked, however fast it is.
  server.rules = [{ on: "put", times: 999, delay: 300 }];
  try {
    // The program tells the time itself: this process reads its words late when it is busy being the server.
    const program = `
      import { Image, init } from "wandb-image";
      const now = () => performance.timeOrigin + performance.now();
      const run = init({ dir: ${JSON.stringify(newFolder())}, mode: "online", project: "cats" });
      await run.ready;
      for (let i = 0; i < 8; i++) run.log({ i, pic: new Image({ data: new Uint8Array(192).fill(i), shape: [8, 8, 3] }) });
      const blocked = now();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
      console.log("TIMES", blocked, now());
      await run.finish();`;
    const file = fileURLToPath(new URL("blocked.tmp.mjs", import.meta.url));
    writeFileSync(file, program);
    const result = await run(process.execPath, [file], settings(server));
    rmSync(file);
    assert.equal(result.code, 0, result.output);
    const [blocked, awake] = /TIMES ([\d.]+) ([\d.]+)/
      .exec(result.output)
      .slice(1)
      .map((time) => Number(time) - performance.timeOrigin);
    const beforeAwake = server.log.filter(({ time }) => time < awake);
    assert.equal(beforeAwake.filter(({ op }) => op === "put").length, 8);
    assert.ok(
      beforeAwake.some(({ op, body }) => op === "fs" && body.files?.["wandb-history.jsonl"]?.content.length > 0),
    );
    assert.ok(beforeAwake.some(({ time }) => time > blocked + 300));
    assert.equal(server.run.complete, true);
  } finally {
    await server.close();
  }
});

test("process.exit and signals: the records are closed, and what is owed is named with the command that goes on", async () => {
  for (const [end, code] of [
    ["process.exit(3)", 3],
    ["process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)", null],
  ]) {
    const server = await WandbServer.start();
    server.rules = [{ on: "gql", times: 999, status: 503 }];
    try {
      const file = fileURLToPath(new URL("exit.tmp.mjs", import.meta.url));
      const dir = newFolder();
      writeFileSync(
        file,
        `import { init } from "wandb-image"; const run = init({ dir: ${JSON.stringify(dir)}, mode: "online", project: "cats" }); run.log({ a: 1 }); ${end};`,
      );
      const env = { ...settings(server), WANDB_SILENT: "false" };
      const result = await run(process.execPath, [file], env);
      rmSync(file);
      assert.equal(result.code, code, result.output);
      const [name] = readdirSync(join(dir, "wandb")).filter((each) => each.startsWith("run-"));
      const place = join(dir, "wandb", name);
      assert.match(result.output, /The upload was not finished \(0 rows and 0 files are there\)/);
      assert.ok(result.output.includes(`npx wandb-image sync ${place}`), result.output);
      assert.ok(result.output.includes(`wandb sync --include-online ${place}`), result.output);
      assert.ok(!result.output.includes(KEY));
      server.rules = [];
      const later = await ourSync(server, place);
      assert.equal(later.code, 0, later.output);
      assert.equal(server.run.history.size, 1);
      assert.equal(server.run.exitCode, code ?? 143);
    } finally {
      await server.close();
    }
  }
});

test("at the end of a program that does not finish its run, the upload is waited for", async () => {
  const server = await WandbServer.start();
  try {
    const file = fileURLToPath(new URL("open.tmp.mjs", import.meta.url));
    writeFileSync(
      file,
      `import { init } from "wandb-image"; const run = init({ dir: ${JSON.stringify(newFolder())}, mode: "online", project: "cats" }); for (let i = 0; i < 100; i++) run.log({ i });`,
    );
    const result = await run(process.execPath, [file], settings(server));
    rmSync(file);
    assert.equal(result.code, 0, result.output);
    assert.deepEqual([server.run.history.size, server.run.complete, server.run.exitCode], [100, true, 0]);
  } finally {
    await server.close();
  }
});

for (const [engine, args] of [
  ["deno", ["run", "--allow-all"]],
  ["bun", ["run"]],
]) {
  test(`${engine}: online, and by sync`, async () => {
    const server = await WandbServer.start();
    const file = fileURLToPath(new URL(`${engine}.tmp.mjs`, import.meta.url));
    try {
      const dir = newFolder();
      const library = JSON.stringify(new URL("../../../dist/node.js", import.meta.url).href);
      writeFileSync(
        file,
        `import { Image, init } from ${library};
        const run = init({ dir: ${JSON.stringify(dir)}, mode: "online", project: "cats" });
        for (let i = 0; i < 20; i++) run.log({ i, pic: new Image({ data: new Uint8Array(192).fill(i), shape: [8, 8, 3] }) });
        await run.ready;
        await run.finish();
        const later = init({ dir: ${JSON.stringify(dir)}, mode: "offline", project: "cats", id: "later" });
        later.log({ a: 1 });
        await later.finish();`,
      );
      const binary = join(ROOT, ".cache/engines/node_modules/.bin", engine);
      const online = await run(binary, [...args, file], settings(server));
      assert.equal(online.code, 0, online.output);
      assert.deepEqual([server.run.history.size, server.run.files.size, server.run.complete], [20, 22, true]);
      const synced = await run(binary, [...args, join(ROOT, "dist/cli/main.js"), "sync", dir], settings(server));
      assert.equal(synced.code, 0, synced.output);
      assert.match(synced.output, /later: uploaded: 1 row, 2 files/);
    } finally {
      rmSync(file, { force: true });
      await server.close();
    }
  });
}
