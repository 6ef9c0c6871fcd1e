// What W&B's client leaves beside the media of a run.

import type { Intake } from "./intake.ts";
import { configJson, environmentOf } from "./internal.ts";
import { yamlOf } from "./yaml.ts";

export function madeFiles({ fold, outputText }: Intake, producer: string): Map<string, Blob> {
  const texts: [string, string | undefined][] = [
    ["wandb-summary.json", fold.summary.toJson()],
    ["config.yaml", yamlOf(configJson(fold, producer))],
    ["wandb-metadata.json", environmentOf(fold.internal.environment)?.json],
    ["output.log", outputText || undefined],
  ];
  return new Map(texts.flatMap(([path, text]) => (text === undefined ? [] : [[path, new Blob([text])]])));
}
