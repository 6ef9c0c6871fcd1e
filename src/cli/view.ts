// `npx wandb-image view`
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { Collection } from "../view/collection.ts";
import { readPage } from "../view/page.ts";
import { startViewer, type Viewer } from "../view/server.ts";
import { defineCommand, plain, UsageError } from "./command.ts";

const DEFAULT_PORT = 6106;

export const command = defineCommand({
  help: `
Look at runs in a browser: pictures with boxes and masks, numbers, config; live while they are logged. Nothing is uploaded.

usage: npx wandb-image view [folder | run | zip …] [--port 6106] [--host 127.0.0.1] [--no-open]

  folder, run, zip   a wandb folder, a run's folder, a zip that a page made; default WANDB_DIR, else the current folder
  --port N           the first port that is tried; default ${DEFAULT_PORT}, and the next one where it is taken
  --host ADDRESS     where it can be reached; default 127.0.0.1, this machine alone. For others a token is printed
  --no-open          print the address, open no browser
  --sample           a small run made for looking, in a temporary folder
`,
  options: {
    port: { type: "string" },
    host: { type: "string" },
    "no-open": { type: "boolean" },
    sample: { type: "boolean" },
  },
  async run(places, { port, host = "127.0.0.1", "no-open": noOpen, sample }) {
    const number = port === undefined ? DEFAULT_PORT : Number(port);
    if (!Number.isInteger(number) || number < 0 || number > 65535) {
      throw new UsageError(`view: --port: expected a number from 0 to 65535; got ${port}`);
    }
    const samples = sample ? [await (await import("./sample.ts")).logSample()] : [];
    places = [...samples, ...places];
    const roots = places.length > 0 ? places : [process.env.WANDB_DIR ?? "."];
    const runs = new Collection(roots);
    await runs.open();
    const page = await readPage(new URL("../view/", import.meta.url));
    const viewer = await startViewer(runs, page, { host, port: number, nextPort: true });
    const count = `${runs.size} ${runs.size === 1 ? "run" : "runs"}`;
    console.log(`${viewer.address} · ${count} in ${roots.map(plain).join(", ")} · Ctrl+C stops`);
    for (const address of elsewhere(host, viewer)) console.log(address);
    if (!noOpen) openBrowser(viewer.address);
    await untilStopped(viewer);
    for (const place of samples) await rm(dirname(dirname(place)), { recursive: true, force: true });
    return 0;
  },
});

async function untilStopped(viewer: Viewer): Promise<void> {
  const stopped = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"].map((name) =>
    once(process, name, { signal: stopped.signal }).catch(() => {}),
  );
  await Promise.race(signals);
  stopped.abort();
  await viewer.close();
}

/** The addresses that other machines know this one by, where all of them may come. */
function elsewhere(host: string, { address }: Viewer): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outer = all.filter(({ internal, family }) => !internal && family === "IPv4");
  return outer.map((one) => address.replace("//localhost:", `//${one.address}:`));
}

/** Only where a person sits in front of it: not over ssh, not in a container without a display. */
function openBrowser(address: string): void {
  const { platform, env } = process;
  const [program, ...args] =
    platform === "darwin"
      ? ["open", address]
      : platform === "win32"
        ? ["cmd", "/c", "start", "", address.replaceAll("&", "^&")]
        : ["xdg-open", address];
  const hasDisplay = platform === "darwin" || platform === "win32" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (!hasDisplay || env.SSH_CONNECTION || env.CI || existsSync("/.dockerenv")) return;
  spawn(program!, args, { stdio: "ignore", detached: true })
    .on("error", () => {}) // the address is printed
    .unref();
}
