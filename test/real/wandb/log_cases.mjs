// Logs cases.json with this package: log_cases.mjs DIR. Prints the run's directory.
import { readFileSync } from "node:fs";
import { Image, init } from "wandb-image";

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"));
const fixtures = new URL("../../fixtures/", import.meta.url);
const ARRAYS = {
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** As in log_cases.py. */
function array({ shape, dtype, range }) {
  const [height, width, channels = 1] = shape;
  const data = new ARRAYS[dtype](height * width * channels);
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const value = range === "smooth" ? y * 2 + x + c * 30 : (y * 31 + x * 17 + c * 57) % 256;
        data[i++] =
          range === "unit"
            ? value / 255
            : range === "signed"
              ? value / 127.5 - 1
              : range === "wide"
                ? value * 1.5 - 40
                : range === "classes"
                  ? value % 7
                  : value;
      }
    }
  }
  return { data, shape };
}

/** A typed array, as log_cases.py makes one of numpy's. */
function values({ dtype, count }) {
  const numbers = Array.from({ length: count }, (_, i) => ((i * 37) % 101) * 0.125);
  return ARRAYS[dtype].from(dtype === "int64" ? numbers.map((number) => BigInt(Math.trunc(number))) : numbers);
}

const camelCase = (name) => name.replace(/_[a-z]/g, (letter) => letter[1].toUpperCase());

function value(v) {
  if (Array.isArray(v)) return v.map(value);
  if (typeof v !== "object" || v === null) return v;
  if ("$number" in v)
    return { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY }[v.$number];
  if ("$int" in v) return BigInt(v.$int);
  if ("$array" in v) return array(v.$array);
  if ("$values" in v) return values(v.$values);
  if ("$file" in v) return new URL(v.$file, fixtures);
  if ("$image" in v) {
    const { file, data, ...options } = v.$image;
    const named = Object.entries(options).map(([name, option]) => [camelCase(name), value(option)]);
    return new Image(file === undefined ? value(data) : new URL(file, fixtures), Object.fromEntries(named));
  }
  return Object.fromEntries(Object.entries(v).map(([key, inner]) => [key, value(inner)]));
}

const run = init({
  mode: "offline",
  project: "cases",
  name: "twin",
  tags: ["a", "b"],
  notes: "both log the same",
  group: "g",
  jobType: "test",
  dir: process.argv[2],
  config: cases.config,
});
for (const { data, step, commit } of cases.log) run.log(value(data), { step, commit });
run.summary.update(cases.summary);
run.config.update(cases.late_config);
console.log(run.dir);
await run.finish();
