// Before a block of a document: every address answers with a photograph, as no network is needed to try an example.
import { readFileSync } from "node:fs";

const photograph = readFileSync(process.env.DOCS_PHOTOGRAPH);
const fetchThere = globalThis.fetch;
globalThis.fetch = async (address, options) =>
  /^https?:\/\/(127\.0\.0\.1|localhost)/.test(String(address.url ?? address))
    ? fetchThere(address, options)
    : new Response(photograph, { headers: { "content-type": "image/jpeg" } });
