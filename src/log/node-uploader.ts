// How a run in a folder is uploaded while it goes on: what init needs at once, and the rest loaded when there is something to
// upload. Node only.
import { connect } from "../upload/connect.ts";
import { readSettingsFiles } from "../upload/credentials.ts";
import { originOf } from "../upload/errors.ts";
import type { Server } from "../upload/graphql.ts";
import type { Fetch } from "../upload/http.ts";
import { machine } from "../upload/process.ts";
import { PRODUCER } from "../version.ts";
import { type RunConsole, uploadCommands } from "./console.ts";
import type { RunFolder } from "./folder.ts";
import type { Uploader } from "./online.ts";
import type { Environment, Settings } from "./settings.ts";
import { randomRunId } from "./store.ts";

/** What W&B's settings files say; the working directory's wins. */
export function settingsFiles(): Environment {
  const { user, workingDirectory } = readSettingsFiles(machine);
  return { ...user, ...workingDirectory };
}

export function isOnline({ mode }: Settings): boolean {
  return mode === "online" || mode === "shared";
}

/** @throws UploadError in words, where there is no key, or no server could be meant */
export function findServer({ apiKey, baseUrl, fetch }: Settings): Server {
  return connect({ apiKey, baseUrl, fetch: fetch as Fetch | undefined, userAgent: PRODUCER }, machine);
}

let isSaid = false;

/** Once a process: that a key is there, and what it would do. */
export function sayKeyIsThere(settings: Settings, console: RunConsole): void {
  if (isSaid) return;
  try {
    const { baseUrl, authorization } = findServer(settings);
    isSaid = true;
    console.say(
      `There is a key for ${originOf(baseUrl)} (${authorization.source}): init({ mode: "online" }) uploads while the run goes on.`,
    );
  } catch {
    // No key, nothing to say.
  }
}

export function nodeUploader(settings: Settings, server: Server, folder: RunFolder): Uploader {
  const { entity, project, resume, apiKey, baseUrl, primary } = settings;
  const { id, dir, log } = folder;
  const place = `${entity ?? "your default entity"}/${project ?? "uncategorized"}`;
  const sharedWriter = settings.mode === "shared" ? { id: `${randomRunId()}${randomRunId()}`, primary } : undefined;
  return {
    description: `Uploading to ${originOf(server.baseUrl)}, ${place}, with the key from ${server.authorization.source}`,
    commands: uploadCommands(dir, { online: true }),
    ...(resume !== undefined && {
      async resume() {
        const { runResumeStatus } = await import("../upload/graphql.ts");
        const { resumeState } = await import("../upload/resume.ts");
        const bucket = await runResumeStatus(server, { entity, project, id });
        return resumeState(bucket, resume === "auto" ? "allow" : resume, id);
      },
    }),
    async start(resumed, onProgress) {
      const { startUpload } = await import("../upload/thread.ts");
      const task = { dir, log, apiKey, baseUrl, sharedWriter, producer: PRODUCER };
      const state = resumed && { storageId: resumed.storageId, start: resumed.start };
      return startUpload({ ...task, resumed: state }, onProgress, settings.fetch as Fetch | undefined);
    },
  };
}
