// What a program logs, read back by the public door.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Image, init } from "../../../src/node.ts";
import { openRun, type Row, watchRun } from "../../../src/read.ts";

let dir: string;

beforeAll(() => {
  process.env.WANDB_SILENT = "true";
  dir = mkdtempSync(join(tmpdir(), "read-"));
});

afterAll(() => rmSync(dir, { recursive: true }));

async function rowsOf(rows: AsyncIterable<Row>) {
  const read: Record<string, unknown>[] = [];
  for await (const row of rows) read.push(row);
  return read;
}

const withoutTime = ({ _runtime, _timestamp, ...row }: Record<string, unknown>) => row;

/** Values as W&B keeps them: `{}` sets nothing, and -0, which JavaScript logs as 0. */
function kept(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : inList(item)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, kept(inner)] as const)
    .filter(([, inner]) => inner !== undefined && !isEmpty(inner));
  return Object.fromEntries(entries);
}

/** In a list objects are whole values. */
function inList(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(inList);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inList(inner)]));
}

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

const key = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
    fc.constantFrom("__proto__", "constructor", "a.b", "a/b", "toString", "val/pred", "päth", "…"),
  )
  .filter((text) => !text.startsWith("_") || text.startsWith("__"));

const scalar = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((n) => String(Number(n)) !== String(n)),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 2 ** 53, 2 ** 60, 1e17),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("NaN", '"', "\\", "\n\u2028", "\u0000", "{}"),
  fc.boolean(),
  fc.constant(null),
);

const { value } = fc.letrec<{ value: unknown; list: unknown; object: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, scalar, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
}));

const row = fc.dictionary(key, value, { maxKeys: 5 });

test("any values under any keys", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), row, async (rows, config) => {
      const run = init({ dir, config });
      for (const values of rows) run.log(values);
      await run.finish();
      await using read = await openRun(run.dir);
      const expected = rows.map((values, _step) => ({ ...(kept(values) as object), _step }));
      expect((await rowsOf(read.rows())).map(withoutTime)).toEqual(expected);
      expect(read.config).toEqual(kept(config));
      expect((await rowsOf(watchRun(run.dir))).map(withoutTime)).toEqual(expected);
      expect([read.rowCount, read.damageCount, read.state]).toEqual([rows.length, 0, "finished"]);
    }),
    { numRuns: 100 },
  );
});

/** Pictures with random captions, layers and lists of them. */
const picture = fc.record({
  pixels: fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
  caption: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
  boxes: fc.dictionary(fc.constantFrom("truth", "pred/x", "ü"), fc.array(fc.nat(9), { maxLength: 3 }), { maxKeys: 2 }),
  masks: fc.dictionary(fc.constantFrom("m", "n.o"), fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), {
    maxKeys: 2,
  }),
});
interface Drawn {
  readonly pixels: readonly number[];
  readonly caption: string | undefined;
  readonly boxes: Readonly<Record<string, readonly number[]>>;
  readonly masks: Readonly<Record<string, readonly number[]>>;
}

const boxSet = (classes: readonly number[]) => ({
  box_data: classes.map((class_id) => ({
    position: { minX: 0, maxX: class_id / 9, minY: 0.25, maxY: 1 },
    class_id,
    scores: { p: 1 / 3 },
  })),
  class_labels: Object.fromEntries(classes.map((id) => [id, `class ${id}`])),
});

const isList = (drawn: Drawn | readonly Drawn[]): drawn is readonly Drawn[] => Array.isArray(drawn);

function imageOf({ pixels, caption, boxes, masks }: Drawn): Image {
  return new Image(
    { data: Uint8Array.from(pixels), width: 2, height: 2, channels: 1 },
    {
      caption,
      boxes: Object.fromEntries(Object.entries(boxes).map(([layer, classes]) => [layer, boxSet(classes)])),
      masks: Object.fromEntries(
        Object.entries(masks).map(([layer, ids]) => [layer, { mask_data: [ids.slice(0, 2), ids.slice(2)] }]),
      ),
    },
  );
}

test("pictures, lists of them, captions, boxes and masks", async () => {
  const logged = fc.dictionary(
    fc.constantFrom("pic", "val/pred", "a.b", "pics"),
    fc.oneof(picture, fc.array(picture, { minLength: 1, maxLength: 3 })),
    { minKeys: 1, maxKeys: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(logged, { minLength: 1, maxLength: 3 }), async (rows) => {
      const run = init({ dir });
      for (const values of rows) {
        run.log(
          Object.fromEntries(
            Object.entries(values).map(([name, drawn]) => [
              name,
              Array.isArray(drawn) ? drawn.map(imageOf) : imageOf(drawn),
            ]),
          ),
        );
      }
      await run.finish();
      await using read = await openRun(run.dir);
      for (const name of read.imageKeys) {
        const expected = rows.flatMap((values, step): { one: Drawn; step: number; index: number | null }[] => {
          const drawn: Drawn | readonly Drawn[] = Object.hasOwn(values, name) ? values[name]! : [];
          return isList(drawn)
            ? drawn.map((one, index) => ({ one, step, index }))
            : [{ one: drawn, step, index: null }];
        });
        let at = 0;
        for await (const found of read.images(name)) {
          const { one, step, index } = expected[at++]!;
          expect([found.key, found.step, found.index, found.width, found.height]).toEqual([name, step, index, 2, 2]);
          expect(found.caption).toBe(one.caption ?? null);
          expect(Object.keys(found.boxes).sort()).toEqual(Object.keys(one.boxes).sort());
          for (const [layer, classes] of Object.entries(one.boxes)) {
            expect(await found.boxData(layer)).toMatchObject(boxSet(classes));
          }
          const image = await found.image();
          expect(image.toDataArray()).toEqual([one.pixels.slice(0, 2), one.pixels.slice(2)]);
          expect(image.caption).toBe(one.caption ?? null);
          for (const [layer, ids] of Object.entries(one.masks)) {
            const mask = new Image(await found.maskBytes(layer));
            expect(mask.toDataArray()).toEqual([ids.slice(0, 2), ids.slice(2)]);
            expect(Object.keys(found.masks[layer]!.classLabels!)).toEqual(expect.arrayContaining(ids.map(String)));
          }
        }
        expect(at).toBe(expected.length);
      }
      const pictures = rows.flatMap((values) => Object.values(values)).flat();
      let counted = 0;
      for (const name of read.imageKeys) for await (const _ of read.images(name)) counted++;
      expect(counted).toBe(pictures.length);
    }),
    { numRuns: 40 },
  );
});
