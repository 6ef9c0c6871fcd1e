// How a run in memory is uploaded while it goes on: see node-uploader.ts.
import type { Fetch } from "../upload/http.ts";
import type { MemorySink } from "../upload/page.ts";
import { PRODUCER } from "../version.ts";
import type { Uploader } from "./online.ts";
import type { Settings } from "./settings.ts";
import { randomRunId } from "./store.ts";

/** @param follow has what the run wrote and will write put into a sink */
export function pageUploader(
  settings: Settings,
  name: string,
  id: string,
  follow: (sink: MemorySink) => void,
): Uploader {
  const { entity, project, resume, apiKey, baseUrl, primary, fetch } = settings;
  if (apiKey === undefined && baseUrl === undefined) {
    throw new TypeError(
      "init: baseUrl: expected the address of a relay that holds the key (examples/relay); got undefined. A key in a page is everybody's",
    );
  }
  const sharedWriter = settings.mode === "shared" ? { id: `${randomRunId()}${randomRunId()}`, primary } : undefined;
  const task = { apiKey, baseUrl, fetch: fetch as Fetch | undefined, producer: PRODUCER, sharedWriter };
  return {
    description: `Uploading to ${baseUrl ?? "https://api.wandb.ai"}`,
    commands: [],
    ...(resume !== undefined && {
      async resume() {
        const { connectPage } = await import("../upload/page.ts");
        const { runResumeStatus } = await import("../upload/graphql.ts");
        const { resumeState } = await import("../upload/resume.ts");
        const bucket = await runResumeStatus(connectPage(task), { entity, project, id });
        return resumeState(bucket, resume === "auto" ? "allow" : resume, id);
      },
    }),
    async start(resumed, onProgress) {
      const { uploadPage } = await import("../upload/page.ts");
      const state = resumed && { storageId: resumed.storageId, start: resumed.start };
      const { sink, ...upload } = uploadPage({ ...task, resumed: state }, name, onProgress);
      follow(sink);
      return { ...upload, keepAlive() {} };
    },
  };
}
