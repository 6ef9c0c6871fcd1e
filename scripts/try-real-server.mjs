// For a person with a key, once: what the stand-in servers of the tests cannot say. Logs a few small runs into a project of yours and
// says what to look at in the app.
//
//   WANDB_API_KEY=… node scripts/try-real-server.mjs [project]
//
// Nothing is deleted, neither here nor there. What you find belongs into an issue: which step, what was expected, what was seen.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Image, init } from "../dist/node.js";

const [project = "wandb-image-try"] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), "try-real-server-"));
const findings = [];
const step = async (title, work) => {
  console.log(`\n${findings.length + 1}. ${title}`);
  try {
    findings.push([title, (await work()) ?? "done"]);
  } catch (error) {
    findings.push([title, `FAILED: ${error.message}`]);
  }
  console.log(`   ${findings.at(-1)[1]}`);
};
const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1000));
const picture = (hue, options) =>
  new Image(
    {
      data: Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => (i % 3 === hue % 3 ? 1 : (i % 192) / 192)),
      shape: [64, 64, 3],
    },
    options,
  );

const box = { position: { minX: 8, maxX: 40, minY: 8, maxY: 40 }, class_id: 1, domain: "pixel" };
const boxes = { truth: { box_data: [box], class_labels: { 1: "car" } } };
const mask_data = Array.from({ length: 64 }, (_, y) => Array.from({ length: 64 }, (_, x) => (x > y ? 1 : 0)));
const masks = { truth: { mask_data, class_labels: { 0: "road", 1: "sky" } } };

let first;
await step("live: pictures, a list, boxes, masks, NaN, a big integer", async () => {
  const run = init({
    dir,
    project,
    mode: "online",
    name: "live",
    config: { lr: 0.1, nested: { a: [1, 2] } },
    tags: ["try"],
  });
  first = run.id;
  const { url } = await run.ready;
  for (let i = 0; i < 5; i++) {
    run.log({
      loss: 1 / (i + 1),
      one: picture(i, { caption: `no. ${i}` }),
      many: [picture(i), picture(i + 1)],
      det: picture(i, { boxes, masks }),
    });
    await seconds(1);
  }
  run.log({ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, big: 9007199254740993n });
  run.name = "live, renamed";
  await run.finish();
  return `${run.upload.state}, ${run.upload.owed.length} owed. Look: pictures with captions, boxes and masks named car, road, sky; the new name; ${url}`;
});
await step("resume: steps and lines go on, nothing is there twice", async () => {
  const run = init({ dir, project, id: first, mode: "online", resume: "must" });
  await run.ready;
  const { step: next } = run;
  run.log({ loss: 0.01 });
  await run.finish();
  return `went on at step ${next} (expected 6). Look: 7 rows, the old config and class labels`;
});
await step("stop: press Stop in the app within two minutes", async () => {
  const run = init({ dir, project, mode: "online", name: "stop me" });
  const { url } = await run.ready;
  console.log(`   ${url}`);
  for (let i = 0; i < 120 && !run.stopped.aborted; i++) {
    run.log({ i });
    await seconds(1);
  }
  await run.finish();
  return run.stopped.aborted ? "it was heard" : "NOT heard in two minutes";
});
await step("heartbeat: silence of two minutes does not make a run look crashed", async () => {
  const run = init({ dir, project, mode: "online", name: "silent" });
  const { url } = await run.ready;
  console.log(`   look now whether it stays "running": ${url}`);
  await seconds(120);
  await run.finish();
});
await step("later: an offline run by npx wandb-image sync, twice", () => {
  const run = init({ dir, project, mode: "offline", name: "later" });
  for (let i = 0; i < 300; i++) run.log({ i, ...(i % 30 === 0 && { pic: picture(i) }) });
  return run.finish().then(() => {
    const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
    const sync = (...args) =>
      execFileSync(process.execPath, [cli, "sync", run.dir, ...args], { encoding: "utf8" }).trim();
    return `${sync()} | again: ${sync("--include-synced")}. Look: 300 rows, not 600`;
  });
});
await step("shared: two writers of one run", async () => {
  const id = `shared${Date.now()}`;
  const writers = [true, false].map((primary) => init({ dir, project, id, mode: "shared", primary }));
  for (let i = 0; i < 5; i++) for (const [writer, run] of writers.entries()) run.log({ [`writer${writer}`]: i });
  await writers[1].finish();
  await writers[0].finish();
  return `${writers[0].url}. Look: both writers' five values`;
});

const report = join(dir, "report.txt");
writeFileSync(report, `${findings.map(([title, found], i) => `${i + 1}. ${title}\n   ${found}`).join("\n")}\n`);
console.log(
  `\nAlso to be tried by hand: a page by examples/relay; a page straight to the server (does it allow the origin?).\n${report}`,
);
