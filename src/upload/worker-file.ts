// Where the thread of live uploads begins; by itself, so that a door can say it without loading the upload.

/** The bundled src/upload/worker.ts; undefined in a program that runs from the sources. */
export let workerFile: URL | undefined;

export function setUploadWorker(file: URL | undefined): void {
  workerFile = file;
}
