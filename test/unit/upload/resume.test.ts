import { describe, expect, test } from "@jest/globals";
import type { ResumeBucket } from "../../../src/upload/graphql.ts";
import { resumeState } from "../../../src/upload/resume.ts";

// W&B's own cases (core/internal/runbranch/resume_test.go), in our words.

const bucket = (given: Partial<ResumeBucket> = {}): ResumeBucket => ({
  id: "storage",
  name: "r1",
  summaryMetrics: "{}",
  displayName: "FakeName",
  logLineCount: 0,
  historyLineCount: 0,
  eventsLineCount: 0,
  historyTail: "[]",
  eventsTail: "[]",
  config: "{}",
  tags: [],
  notes: null,
  wandbConfig: '{"t": 1}',
  ...given,
});
const state = (given: Partial<ResumeBucket>) => resumeState(bucket(given), "must", "r1")!;

describe("whether there is a run", () => {
  test.each(["allow", "never"] as const)("%s without one: it begins", (mode) => {
    expect(resumeState(undefined, mode, "r1")).toBeUndefined();
  });
  test("must without one: an error", () => {
    expect(() => resumeState(undefined, "must", "r1")).toThrow(/\(r1\) that has not been initialized/);
  });
  test.each([null, "", "{}", "[]", "no json", "null", '{"x":1}'])(
    "a run without telemetry (%j) has not begun",
    (wandbConfig) => {
      expect(resumeState(bucket({ wandbConfig }), "allow", "r1")).toBeUndefined();
      expect(() => resumeState(bucket({ wandbConfig }), "must", "r1")).toThrow(/has not been initialized/);
      expect(resumeState(bucket({ wandbConfig }), "never", "r1")).toBeUndefined();
    },
  );
  test("never with one: an error", () => {
    expect(() => resumeState(bucket(), "never", "r1")).toThrow(/\(r1\) that already exists/);
  });
  test.each(["allow", "must"] as const)("%s with one: it goes on", (mode) => {
    expect(resumeState(bucket(), mode, "r1")).toMatchObject({ storageId: "storage", name: "FakeName", step: 0 });
  });
});

describe("steps and lines", () => {
  test.each<[string, Partial<ResumeBucket>, number]>([
    ["history", { historyLineCount: 2, historyTail: '["{\\"_step\\":1,\\"_runtime\\":50}"]' }, 2],
    ["no lines", { historyLineCount: 0, historyTail: '["{\\"_step\\":0}"]' }, 0],
    ["one line of step 0", { historyLineCount: 1, historyTail: '["{\\"_step\\":0,\\"_runtime\\":0}"]' }, 1],
    ["the last of many", { historyLineCount: 9, historyTail: '["{\\"_step\\":1}","{\\"_step\\":15}"]' }, 16],
    ["only the summary has it", { historyLineCount: 3, summaryMetrics: '{"_step": 4}' }, 5],
    [
      "history before the summary",
      { historyLineCount: 3, summaryMetrics: '{"_step": 4}', historyTail: '["{\\"_step\\":7}"]' },
      8,
    ],
    ["nowhere", { historyLineCount: 1 }, 1],
  ])("%s", (_, given, step) => {
    expect(state(given).step).toBe(step);
  });
  test("offsets of all three files", () => {
    expect(state({ historyLineCount: 15, eventsLineCount: 13, logLineCount: 14 }).start).toEqual({
      history: 15,
      events: 13,
      output: 14,
    });
  });
  test("counts that are null are none", () => {
    const given = {
      historyLineCount: null,
      eventsLineCount: null,
      logLineCount: null,
      historyTail: null,
      eventsTail: null,
    };
    expect(state({ ...given, config: null, summaryMetrics: null, tags: null })).toMatchObject({
      step: 0,
      start: { history: 0, events: 0, output: 0 },
      tags: [],
    });
  });
});

describe("runtime: the longest that is told", () => {
  test.each<[Partial<ResumeBucket>, number]>([
    [{ eventsTail: '["{\\"_runtime\\":20}"]' }, 20],
    [{ summaryMetrics: '{"_runtime": 30}' }, 30],
    [{ summaryMetrics: '{"_runtime": 30, "_wandb": {"runtime": 40}}' }, 40],
    [{ historyTail: '["{\\"_runtime\\":50}"]', eventsTail: '["{\\"_runtime\\":60.5}"]' }, 60.5],
    [{ summaryMetrics: '{"_runtime": "NaN"}' }, 0],
  ])("%j", (given, runtime) => {
    expect(state(given).runtime).toBe(runtime);
  });
});

describe("config, summary, tags, notes", () => {
  test("values of the config, and what is kept of _wandb", () => {
    const config =
      '{"lr":{"value":0.001},"nan":{"value":NaN},"big":{"value":9007199254740993},"_wandb":{"value":{"t":{},"viz":{"a":1},"mask/class_labels":{"k":{}},"bounding_box/class_labels":{"b":{}},"m":[]}}}';
    expect(state({ config })).toMatchObject({
      config: { lr: 0.001, nan: Number.NaN, big: 9007199254740993n },
      internal: { viz: { a: 1 }, "mask/class_labels": { k: {} }, "bounding_box/class_labels": { b: {} } },
    });
    expect(state({ config }).internal).not.toHaveProperty("t");
  });
  test("summary", () => {
    expect(state({ summaryMetrics: '{"loss": 0.5, "wandb": {"runtime": 40}}' }).summary).toEqual({
      loss: 0.5,
      wandb: { runtime: 40 },
    });
  });
  test("tags and notes", () => {
    expect(state({ tags: ["a"], notes: "n" })).toMatchObject({ tags: ["a"], notes: "n" });
  });
  test.each<[string, Partial<ResumeBucket>]>([
    ["history", { historyTail: '{"_step":0}', historyLineCount: 1 }],
    ["history lines", { historyTail: '["not json"]', historyLineCount: 1 }],
    ["events", { eventsTail: "1" }],
    ["summary", { summaryMetrics: '[{"loss": 0.5}]' }],
    ["config", { config: '["lr"]' }],
    ["broken config", { config: "{" }],
  ])("a broken %s is an error that names the run", (_, given) => {
    expect(() => state(given)).toThrow(/The run \(r1\) failed to resume: /);
  });
});
