// A key's numbers in several runs, for a chart.
import { type Joined, joined } from "../draw/lines.ts";
import { source } from "../model/state.ts";

export async function readLines(ids: readonly string[], key: string): Promise<Joined> {
  const found = await Promise.all(ids.map((id) => source().scalars(id, [key], 1000)));
  return joined(found.map((answer, i) => ({ run: ids[i]!, line: answer[key] ?? { steps: [], low: [], high: [] } })));
}
