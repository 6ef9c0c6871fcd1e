// `wandb sync` on our runs against a stand-in server, and our records beside those of Python's wandb: check.mjs NEWEST OLD.
// A new kind of value or media goes into cases.json, which log_cases.mjs and log_cases.py both log.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const [newest, old] = process.argv.slice(2);
const bin = (version, name) => join(root, `.venv/wandb-${version}/bin/${name}`);
const scratch = mkdtempSync(join(tmpdir(), "wandb-image-"));
const HERMETIC = {
  PATH: process.env.PATH,
  HOME: scratch,
  WANDB_API_KEY: "a".repeat(40),
  WANDB_ERROR_REPORTING: "false",
  WANDB_CONFIG_DIR: join(scratch, "config"),
  WANDB_CACHE_DIR: join(scratch, "cache"),
  WANDB_DATA_DIR: join(scratch, "data"),
};

async function run(command, args, env = {}) {
  const options = { cwd: scratch, env: { ...HERMETIC, ...env }, maxBuffer: 1 << 28, timeout: 60_000 };
  return await promisify(execFile)(command, args, options);
}

let passed = 0;
let failed = 0;

function check(name, test) {
  try {
    test();
    passed++;
  } catch (error) {
    failed++;
    console.error(`✗ ${name}\n${String(error.message).replace(/^/gm, "    ")}`);
  }
}

/** Uploads the run by the client of that version; what the server then has. */
async function sync(version, dir, ...flags) {
  if (!flags.includes("--legacy")) flags.push("--yes");
  const place = mkdtempSync(join(scratch, "server-"));
  const [requests, uploads] = [join(place, "requests.jsonl"), join(place, "uploads")];
  const port = await freePort();
  const server = spawn("python3", [join(here, "fake_server.py"), String(port), requests, uploads], {
    stdio: "inherit",
  });
  try {
    await listening(port);
    const env = { WANDB_BASE_URL: `http://127.0.0.1:${port}` };
    const { stdout, stderr } = await run(bin(version, "wandb"), ["sync", ...flags, dir], env);
    return { output: stdout + stderr, uploads, ...received(readFileSync(requests, "utf8")) };
  } finally {
    server.kill();
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  for (let tries = 0; tries < 100; tries++) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no server on port ${port}`);
}

function received(requests) {
  const history = [];
  const seen = { history, summary: {}, config: {}, run: {}, exitCode: null };
  for (const line of requests.trim().split("\n")) {
    const { gql, fs } = JSON.parse(line);
    if (gql?.variables?.config) seen.config = unwrap(JSON.parse(gql.variables.config));
    if (gql?.query.includes("upsertBucket")) {
      const told = Object.entries(gql.variables).filter(([, value]) => value !== null);
      seen.run = { ...seen.run, ...Object.fromEntries(told) };
    }
    const rows = fs?.files?.["wandb-history.jsonl"];
    rows?.content.forEach((row, i) => {
      history[rows.offset + i] = parse(row);
    });
    const summary = fs?.files?.["wandb-summary.json"]?.content.at(-1);
    if (summary !== undefined) seen.summary = parse(summary);
    if (fs?.complete) seen.exitCode = fs.exitcode;
  }
  return seen;
}

const unwrap = (config) => Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value]));

/** JSON with bare NaN and infinities; those and integers beyond a double as strings. */
function parse(json) {
  return JSON.parse(
    json.replace(/(?<=^|[[,:]\s*)(NaN|-?Infinity|-?\d{16,})(?=\s*(?:$|[\],}]))/g, (token) =>
      JSON.stringify(`number ${token}`),
    ),
  );
}

/** Records of a run directory by W&B's own reader. */
async function records(dir) {
  return JSON.parse((await run(bin(old, "python"), [join(here, "read_run.py"), dir])).stdout);
}

function rowsOf(list) {
  return list
    .filter(({ history }) => history)
    .map(({ history }) => ({ step: Number(history.step.num ?? 0), ...tree(history.item) }));
}

function tree(items) {
  const values = {};
  for (const { key, nested_key: path = [key], value_json: json } of items ?? []) {
    let node = values;
    for (const part of path.slice(0, -1)) node = node[part] ??= {};
    node[path.at(-1)] = parse(json);
  }
  return values;
}

function filesOf(list) {
  return list
    .flatMap(({ files }) => files?.files.map(({ path }) => path) ?? [])
    .filter((path) => path.startsWith("media/"));
}

/** All that `config` records and the run record say, as the reader builds it. */
function configOf(list) {
  const values = {};
  for (const { run: described, config } of list) {
    for (const { key, nested_key: path = [key], value_json: json } of (described?.config ?? config)?.update ?? []) {
      let node = values;
      for (const part of path.slice(0, -1)) node = node[part] ??= {};
      node[path.at(-1)] = parse(json);
    }
  }
  return values;
}

function withoutEmpty(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)]);
  return Object.fromEntries(kept.filter(([, inner]) => JSON.stringify(inner) !== "{}"));
}

/** Without what differs by nature: clocks, hashes and sizes of differently compressed files, W&B's step in file names. */
function alike(value) {
  if (Array.isArray(value)) return value.map(alike);
  if (typeof value === "string") return value.replace(/_\d+_[0-9a-f]{20}(?=\.)/g, "_STEP_HASH");
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !["_runtime", "_timestamp", "_wandb"].includes(key));
  return Object.fromEntries(
    kept.map(([key, inner]) => [
      key,
      "_type" in value && ["sha256", "size"].includes(key) ? typeof inner : alike(inner),
    ]),
  );
}

function mediaFiles(dir) {
  const media = join(dir, "files/media");
  return readdirSync(media, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join("media", relative(media, join(entry.parentPath ?? entry.path, entry.name))));
}

/** What must hold for any run of ours that a client uploaded. */
function checkArrived(name, dir, list, server, legacy = false) {
  check(`${name}: the client is content`, () => {
    assert.doesNotMatch(server.output, /error|incomplete|checksum|traceback|skip/i, server.output);
  });
  check(`${name}: .synced is written`, () =>
    assert.ok(readdirSync(dir).some((file) => file.endsWith(".wandb.synced"))),
  );
  const files = mediaFiles(dir);
  check(`${name}: every file is recorded`, () => assert.deepEqual(files.sort(), [...new Set(filesOf(list))].sort()));
  for (const file of files) {
    check(`${name}: ${file} arrived byte for byte`, () =>
      assert.ok(readFileSync(join(dir, "files", file)).equals(readFileSync(join(server.uploads, file)))),
    );
  }
  const rows = rowsOf(list);
  check(`${name}: as many rows`, () => assert.equal(server.history.length, rows.length));
  rows.forEach(({ step, ...row }, i) => {
    check(`${name}: row ${i} is what was logged`, () => {
      assert.equal(row._step, step);
      assert.deepEqual(server.history[i], row);
    });
  });
  const config = configOf(list);
  check(`${name}: the config arrived`, () => {
    const { _wandb: ours, ...rest } = withoutEmpty(config); // `{}` sets nothing in the client
    const { _wandb: theirs, ...arrived } = withoutEmpty(server.config);
    assert.deepEqual(arrived, rest);
    for (const [kind, labels] of Object.entries(ours ?? {})) assert.deepEqual(theirs[kind], labels);
  });
  check(`${name}: the summary arrived`, () => {
    const last = Object.assign({}, ...list.map(({ summary }) => tree(summary?.update)));
    for (const key of Object.keys(last)) assert.ok(key in server.summary, `${key} is missing`);
    if (!legacy) assert.equal(server.summary._step, rows.at(-1)._step);
  });
  check(`${name}: the exit code arrived`, () => assert.equal(server.exitCode, 0));
}

async function checkDemo() {
  const { stdout } = await run(process.execPath, [join(root, "examples/demo.mjs")], { WANDB_DIR: scratch });
  const dir = stdout.match(/^The files are in (.*)\/files\/media\/images$/m)[1];
  checkArrived(`demo, ${newest}`, dir, await records(dir), await sync(newest, dir));
}

/** A run kept in memory, as a page has it, taken out as a zip and unpacked. */
async function checkZip() {
  const { Image, init } = await import("../../../dist/browser.js");
  const page = init({ mode: "offline", project: "page", config: { lr: 0.1 } });
  const picture = { data: Uint8Array.from({ length: 96 }, (_, i) => i * 2), shape: [4, 8, 3] };
  const layout = "HWC";
  page.log({ loss: 1, picture: new Image(picture, { layout, caption: "from memory" }) });
  page.log({ list: [new Image(picture, { layout }), new Image(picture, { layout, fileType: "bmp" })] }, { step: 7 });
  await page.finish();
  const file = join(scratch, "run.zip");
  writeFileSync(file, new Uint8Array(await (await page.toZip()).arrayBuffer()));
  await run("python3", ["-m", "zipfile", "-e", file, scratch]);
  const dir = join(scratch, page.dir);
  checkArrived(`zip, ${newest}`, dir, await records(dir), await sync(newest, dir));
}

async function checkCases() {
  const [ours, theirs, older] = await Promise.all(
    [
      [process.execPath, "log_cases.mjs", "ours"],
      [bin(newest, "python"), "log_cases.py", newest],
      [bin(old, "python"), "log_cases.py", old],
    ].map(async ([command, script, name]) => {
      const { stdout } = await run(command, [join(here, script), mkdtempSync(join(scratch, `${name}-`))]);
      const dir = stdout.trim().split("\n")[0];
      return { dir, records: await records(dir) };
    }),
  );
  const uploaded = await sync(newest, ours.dir);
  checkArrived(`cases, ${newest}`, ours.dir, ours.records, uploaded);
  check("cases: the run's own words arrived", () => {
    const { name, project, displayName, notes, groupName, jobType, tags } = uploaded.run;
    const id = ours.dir.slice(-8);
    assert.deepEqual(
      { name, project, displayName, notes, groupName, jobType, tags },
      {
        name: id,
        project: "cases",
        displayName: "twin",
        notes: "both log the same",
        groupName: "g",
        jobType: "test",
        tags: ["a", "b"],
      },
    );
  });
  for (const [version, theirRun] of [
    [newest, theirs],
    [old, older],
  ]) {
    compareRecords(version, ours.records, theirRun.records);
    await comparePixels(version, ours, theirRun);
    const theirServer = await sync(version, theirRun.dir);
    check(`beside ${version}: the same summary on the server`, () =>
      assert.deepEqual(alike(uploaded.summary), alike(theirServer.summary)),
    );
    check(`beside ${version}: the same config on the server`, () => {
      const { _wandb: _, ...config } = uploaded.config;
      const { _wandb: __, ...theirConfig } = theirServer.config;
      assert.deepEqual(config, theirConfig);
    });
  }
  // The same run by an older core, and by the reader in Python that came before it.
  const core = fresh(ours.dir);
  checkArrived(`cases, ${old}`, core, ours.records, await sync(old, core));
  const legacy = fresh(ours.dir);
  checkArrived(`cases, ${old} --legacy`, legacy, ours.records, await sync(old, legacy, "--legacy"), true);
}

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** A copy of a run directory that was never uploaded. */
function fresh(dir) {
  const copy = join(mkdtempSync(join(scratch, "copy-")), basename(dir));
  cpSync(dir, copy, { recursive: true, filter: (file) => !/\.sync(ed|state)$/.test(file) });
  return copy;
}

/** Row by row and file by file, ours and those of Python's wandb. */
function compareRecords(version, ours, theirs) {
  const [ourRows, theirRows] = [rowsOf(ours), rowsOf(theirs)];
  check(`beside ${version}: as many rows`, () => assert.equal(ourRows.length, theirRows.length));
  ourRows.forEach((row, i) => {
    check(`beside ${version}: row ${i}`, () => assert.deepEqual(alike(row), alike(theirRows[i])));
  });
  check(`beside ${version}: the same files in the same order`, () =>
    // W&B's record keeps doubled slashes of a key; its row, its upload and we do not.
    assert.deepEqual(alike(filesOf(ours)), alike(filesOf(theirs).map((path) => path.replace(/\/+/g, "/")))),
  );
  check(`beside ${version}: the same config`, () => {
    const [{ _wandb: ourOwn, ...config }, { _wandb: theirOwn, ...theirConfig }] = [configOf(ours), configOf(theirs)];
    assert.deepEqual(withoutEmpty(config), withoutEmpty(theirConfig));
    for (const kind of ["bounding_box/class_labels", "mask/class_labels"]) {
      const [our, their] = [ourOwn[kind] ?? {}, theirOwn[kind] ?? {}];
      assert.deepEqual(Object.keys(our).sort(), Object.keys(their).sort());
      // W&B keeps the names of the last picture under a key, we those of all.
      for (const key of Object.keys(their)) {
        assert.deepEqual({ ...our[key], value: { ...our[key].value, ...their[key].value } }, our[key]);
        assert.deepEqual({ ...our[key], value: their[key].value }, their[key]);
      }
    }
  });
  check(`beside ${version}: items are written alike`, () => {
    const kinds = (list) =>
      new Set(list.flatMap(({ history }) => history?.item ?? []).map((item) => "nested_key" in item));
    assert.deepEqual(kinds(ours), kinds(theirs));
  });
}

/** Arrays that both normalise alike must give the same pixels; the newest only casts, so there the 8-bit ones. */
async function comparePixels(version, ours, theirs) {
  const isBoxes = (file) => file.endsWith(".boxes2D.json");
  const [allOurs, allTheirs] = [filesOf(ours.records), filesOf(theirs.records)];
  if (allOurs.length !== allTheirs.length) return; // told above
  const boxes = ({ dir }, files) => files.filter(isBoxes).map((file) => readJson(join(dir, "files", file)));
  check(`beside ${version}: the same boxes`, () => assert.deepEqual(boxes(ours, allOurs), boxes(theirs, allTheirs)));
  const [ourFiles, theirFiles] = [allOurs, allTheirs].map((files) => files.filter((file) => !isBoxes(file)));
  const pixels = async ({ dir }, files) =>
    JSON.parse(
      (await run(bin(old, "python"), [join(here, "read_pixels.py"), ...files.map((file) => join(dir, "files", file))]))
        .stdout,
    );
  const [our, their] = [await pixels(ours, ourFiles), await pixels(theirs, theirFiles)];
  ourFiles.forEach((file, i) => {
    const name = alike(file);
    check(`beside ${version}: ${name} has the same size`, () => assert.deepEqual(our[i].size, their[i].size));
    const isFloat = /(unit|signed|wide)_STEP|examples_STEP/.test(name);
    if (version === newest && isFloat) return;
    check(`beside ${version}: ${name} has the same pixels`, () => {
      if (/\.jpg$/.test(file) && our[i].rgba !== their[i].rgba) {
        // Two JPEG encoders, one quality: on average less than two levels apart.
        const [a, b] = [Buffer.from(our[i].rgba, "hex"), Buffer.from(their[i].rgba, "hex")];
        const mean = a.reduce((sum, value, j) => sum + Math.abs(value - b[j]), 0) / a.length;
        assert.ok(mean < 2, `mean difference ${mean}`);
      } else {
        assert.equal(our[i].mode, their[i].mode);
        assert.ok(our[i].rgba === their[i].rgba, "pixels differ");
      }
    });
  });
}

for (const part of [checkDemo, checkZip, checkCases]) {
  try {
    await part();
  } catch (error) {
    failed++;
    console.error(error);
  }
}
rmSync(scratch, { recursive: true, force: true });
console.log(`test:wandb: ${passed} passed, ${failed} failed (wandb ${newest} and ${old})`);
process.exitCode = failed === 0 ? 0 : 1;
