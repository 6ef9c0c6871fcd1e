// Run folders that somebody else made: pipes, devices, links, folders and giants in place of files, and records that name places outside. Each
// command ends in time and in words, reads nothing from outside the folder, and leaves nothing there.
//   node test/fire/folders.mjs [WORDS of names]      ROUNDS=: all of them; VERBOSE=1: the time of each
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { filesRecord, historyRecord } from "../../build/modules/log/records.js";
import { frameRecords } from "../../build/modules/log/wandb-file.js";
import { WandbServer } from "../support/wandb-server.mjs";
import { RAW } from "./fuzz/judge.mjs";
import { Random, Report, ROOT, rounds, runFolders, SEED, scratch } from "./harness.mjs";
import { programRun } from "./shim.mjs";

/** Seconds in which a command ends on a machine that is busy with other work. */
const MAX_SECONDS = 60;
const SECRET = "what nobody may read";

const folder = scratch("folders");
const report = new Report("hostile run folders");
const secret = join(folder, "secret.png");
writeFileSync(secret, SECRET);

const logged = join(folder, "logged");
mkdirSync(logged);
await programRun("log.mjs", ["mixed", logged, "5"], {});
const [original] = runFolders(logged);
const media = readdirSync(join(original, "files/media/images")).map((name) => `files/media/images/${name}`);
const records = readdirSync(original).find((name) => name.endsWith(".wandb"));

const pipe = (path) => execFileSync("mkfifo", [path]);
const giant = (path) => {
  writeFileSync(path, "");
  truncateSync(path, 2 ** 30);
};
/** What may lie in a file's place. */
const THINGS = {
  "a pipe": pipe,
  "a device without end": (path) => symlinkSync("/dev/zero", path),
  "a terminal": (path) => symlinkSync("/dev/tty", path),
  "a link to itself": (path) => symlinkSync(basename(path), path),
  "a link to a file outside": (path) => symlinkSync(secret, path),
  "a link to a place outside": (path) => symlinkSync(join(folder, "stray"), path),
  "a link to nothing": (path) => symlinkSync("/nonexistent/file", path),
  "a folder": (path) => mkdirSync(path),
  "a folder with files": (path) => {
    mkdirSync(path);
    writeFileSync(join(path, "x"), "x");
  },
  "a file of 1 GB": giant,
  "an empty file": (path) => writeFileSync(path, ""),
};
const instead = (name, make) => (run) => {
  const path = join(run, name);
  rmSync(path, { recursive: true, force: true });
  make(path);
};
const as = (place, name) =>
  Object.fromEntries(Object.entries(THINGS).map(([thing, make]) => [`${thing} as ${place}`, instead(name, make)]));
/** Records of one path more, and of a row that names it. */
const naming = (path) => (run) => {
  const log = join(run, records);
  const value = {
    _type: "image-file",
    path,
    sha256: "0".repeat(64),
    size: SECRET.length,
    format: "png",
    width: 1,
    height: 1,
  };
  const leaves = Object.entries(value).map(([key, each]) => ({ path: ["stolen", key], json: JSON.stringify(each) }));
  const more = [filesRecord(path)(1000), historyRecord(1000, leaves)(1001)];
  appendFileSync(log, frameRecords(more, statSync(log).size));
};

/** By name: what is done to a copy of a run. */
const ATTACKS = {
  ...as("a picture", media[1]),
  ...as("the record file", records),
  ...as("files/", "files"),
  ...as("the cursor of an upload", `${records}.upload`),
  ...as("the lock of an upload", `${records}.upload.lock`),
  ...as("the marker of an upload", `${records}.synced`),
  "a link to its own parent in files/": (run) => symlinkSync("..", join(run, "files/media/up")),
  "files/ is a link to a folder outside": (run) => {
    rmSync(join(run, "files"), { recursive: true });
    symlinkSync(folder, join(run, "files"));
  },
  "media/ is a link to the root": (run) => {
    rmSync(join(run, "files/media"), { recursive: true });
    symlinkSync("/", join(run, "files/media"));
  },
  "two record files": (run) => cpSync(join(run, records), join(run, "run-other.wandb")),
  "20,000 files more": (run) => {
    for (let n = 0; n < 20_000; n++) writeFileSync(join(run, "files/media", `${n}.png`), "");
  },
  "500 folders deep": (run) => mkdirSync(join(run, "files", ...Array(500).fill("d")), { recursive: true }),
  "a name of controls": (run) => writeFileSync(join(run, "files/\u001b[2J\n\u202e"), ""),
  ...Object.fromEntries(
    [
      secret,
      "../../../../secret.png",
      "media/../../../../../secret.png",
      "..",
      "",
      ".",
      "/",
      "a\0b",
      "x".repeat(5000),
      "//etc/passwd",
    ]
      .concat([
        "C:\\secret.png",
        "..\\..\\secret.png",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x.png",
        "\u001b[2J\n",
        "/dev/zero",
      ])
      .map((path) => [`a record names ${JSON.stringify(path).slice(0, 60)}`, naming(path)]),
  ),
};

const COMMANDS = {
  ls: (run) => [dirname(run)],
  verify: (run) => [run],
  repair: (run) => [run, "--force"],
  "export --json": (run) => [run, "--json"],
  "export --html": (run, out) => [run, "--html", join(out, "page.html")],
  "export --images": (run, out) => [run, "--images", join(out, "pictures")],
  "export --video": (run, out) => [run, "--video", join(out, "video.gif"), "--keys", "picture"],
  show: (run) => [run],
  "sync --dry-run": (run) => [run, "--dry-run"],
  sync: (run) => [run],
};

/** Runs a command to its end, or until it has had its time. */
function runOf(args, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: folder, ...env },
      timeout: MAX_SECONDS * 1000,
      killSignal: "SIGKILL",
    });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name].on("data", (piece) => {
        if (texts[name].length < 1e6) texts[name] += piece.toString("latin1");
      });
    child.on("close", (code, signal) => resolve({ ...texts, end: code ?? signal }));
  });
}

/** Whether a file below holds the secret. */
function leaks(dir) {
  if (!existsSync(dir)) return false;
  const found = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.some((entry) => {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    return statSync(path).size < 1e7 && holds(readFileSync(path, "latin1"));
  });
}

const holds = (text) => text.includes(SECRET) || text.includes(Buffer.from(SECRET).toString("base64").slice(0, -4));

async function faultsOf(name, command, args, run, out, server) {
  const env = {
    WANDB_BASE_URL: server.url,
    WANDB_API_KEY: "k".repeat(40),
    WANDB_CONFIG_DIR: folder,
    NETRC: "/dev/null",
  };
  const { stdout, stderr, end } = await runOf([...command.split(" "), ...args], env);
  const faults = [];
  if (end !== 0 && end !== 1) faults.push(`ended with ${end}: ${stderr.slice(-200)}`);
  const line = stderr.split("\n").find((each) => /^ {4}at /.test(each) || RAW.test(each.replace(/^.*?: /, "")));
  if (line !== undefined) faults.push(`says ${line}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(stderr) && command !== "show") faults.push("prints controls");
  if (holds(stdout) || holds(stderr)) faults.push("prints what lies outside");
  if (leaks(out)) faults.push("writes what lies outside");
  const repaired = readdirSync(dirname(run)).filter((each) => each !== basename(run));
  if (repaired.some((each) => leaks(join(dirname(run), each)))) faults.push("repairs with what lies outside");
  // A link is followed by uploads, as by W&B's: its own `save` makes links to what lies elsewhere.
  for (const { files } of server.runs.values()) {
    for (const [path, { bytes = Buffer.of() }] of files)
      if (name.startsWith("a record") && bytes.length < 1e7 && holds(Buffer.from(bytes).toString("latin1")))
        faults.push(`uploads ${path} of outside`);
  }
  if (readFileSync(secret, "utf8") !== SECRET) faults.push("changed a file outside");
  return faults;
}

const random = new Random(SEED);
const all = Object.keys(ATTACKS).filter((name) => name.includes(process.argv[2] ?? ""));
const wanted = rounds(3);
const names = process.env.ROUNDS || process.argv[2] ? all : Array.from({ length: wanted }, () => random.of(all));
for (const name of names) {
  const before = readdirSync(folder).sort();
  const run = join(folder, "attacked/wandb", basename(original));
  const out = join(folder, "attacked/out");
  cpSync(original, run, { recursive: true });
  mkdirSync(out);
  ATTACKS[name](run);
  report.count("folders");
  const server = await WandbServer.start();
  server.keepBytes = !name.includes("1 GB");
  for (const [command, args] of Object.entries(COMMANDS)) {
    report.count("commands");
    const start = performance.now();
    const faults = await faultsOf(name, command, args(run, out), run, out, server);
    if (process.env.VERBOSE) console.log(`  ${name}: ${command}, ${Math.round(performance.now() - start)} ms`);
    if (faults.length > 0) report.fail(`${name}: ${command} ${faults.slice(0, 3).join("; ")}`);
  }
  await server.close();
  rmSync(join(folder, "attacked"), { recursive: true, force: true });
  const strays = readdirSync(folder).filter((each) => !before.includes(each));
  if (strays.length > 0) report.fail(`${name}: left ${strays} outside`);
}
report.end();
