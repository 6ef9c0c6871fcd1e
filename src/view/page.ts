// The page itself: its markup, its script and style as the build made them, and what it is allowed to do. Node only.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface PageFiles {
  readonly script: string;
  readonly style: string;
  /** Of the libraries in the script: they go where it goes. */
  readonly licenses: string;
}

/** dist/view/, beside the bundle that this file is in. */
export async function readPage(folder: URL): Promise<PageFiles> {
  const [script, style, licenses] = await Promise.all(
    ["app.js", "app.css", "../THIRD-PARTY-LICENSES.txt"].map((name) => readFile(new URL(name, folder), "utf8")),
  );
  return { script: script!, style: style!, licenses: licenses! };
}

const markup = (head: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>wandb-image</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript.</noscript>
${body}
</body>
</html>
`;

export function pageHtml(): string {
  return markup('<link rel="stylesheet" href="app.css">\n<script type="module" src="app.js"></script>', "");
}

/** Everything from here, nothing from elsewhere; no request to anywhere. */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** One file with everything in it, for file:// and static hosts. `data` are script elements of JSON, see export-html.ts. */
export function standaloneHtml(
  { script, style, licenses }: PageFiles,
  data: string,
  connect: "'none'" | "'self'",
): string {
  const safe = script.replaceAll("</script", "<\\/script");
  const policy =
    `default-src 'none'; script-src ${hashOf(safe)}; style-src ${hashOf(style)}; ` +
    `img-src 'self' blob: data:; connect-src ${connect}; base-uri 'none'; form-action 'none'`;
  const head = `<meta http-equiv="content-security-policy" content="${policy}">\n<style>${style}</style>`;
  return markup(
    head,
    `${data}\n<script type="module">${safe}</script>\n<!--\n${licenses.replaceAll("--", "- -")}\n-->`,
  );
}
