// What a call on hostile input may do: succeed, or throw an Error in our own words, within a second of CPU.

/** The engine's words, which tell a caller nothing: each is a check that we forgot. */
export const RAW =
  /^Cannot (read|set|convert|destructure|mix|assign) |^(undefined|null) is not an object|is not (a function|iterable|a constructor|defined)|Invalid (typed array|array|array buffer|DataView) length|Offset is outside|out of bounds|Maximum call stack|Array buffer allocation|unreachable|[Ii]nvalid array length|byte length of|Start offset|Invalid string length|detached ArrayBuffer|circular structure|^Do not know how|called on incompatible|not extensible|read.only property|Invalid time value|Reduce of empty|cannot be converted to a BigInt|to a BigInt|Property description|^'\w+' on proxy|#<|\[object /;

export const MAX_MILLISECONDS = 1000;

/** Reading the CPU's clock costs more than many a call: it is read again once so many milliseconds have passed. */
const STALE = 50;
let mark = { time: Number.NEGATIVE_INFINITY, cpu: undefined };

function marked(time) {
  if (time - mark.time > STALE) mark = { time, cpu: process.cpuUsage() };
  return mark;
}

/**
 * @param call what is tried; may return a promise
 * @param onRefused gets the words of a refusal
 * @param limit milliseconds of CPU, of which up to 50 may be those of the calls before: the process may be stopped meanwhile
 * @returns "done", "refused", or what is wrong
 */
export async function judge(call, { onRefused = () => {}, limit = MAX_MILLISECONDS } = {}) {
  const start = performance.now();
  const { cpu } = marked(start);
  const verdict = await outcome(call, onRefused);
  if (performance.now() - start <= limit) return verdict;
  const { user, system } = process.cpuUsage(cpu);
  const took = (user + system) / 1000;
  return took > limit ? `took ${Math.round(took)} ms` : verdict;
}

async function outcome(call, onRefused) {
  try {
    const fault = await call();
    return typeof fault === "string" ? fault : "done";
  } catch (error) {
    if (error?.isOurs) return "refused"; // thrown by the hostile input itself, and let through
    if (!(error instanceof Error)) return `threw ${String(error)}, which is no Error`;
    if (error.name === "RuntimeError") return `wasm trap: ${error.message}`;
    if (RAW.test(error.message))
      return `raw error: ${error.name}: ${error.message}\n${error.stack?.split("\n").slice(1, 4).join("\n")}`;
    onRefused(error.message);
    return "refused";
  }
}
