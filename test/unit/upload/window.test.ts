import { expect, test } from "@jest/globals";
import { scaledClock } from "../../../src/upload/clock.ts";
import { Pace } from "../../../src/upload/pace.ts";
import { Schedule } from "../../../src/upload/schedule.ts";
import { StreamQueue } from "../../../src/upload/stream.ts";
import { Window } from "../../../src/upload/window.ts";

const row = (start: number) => ({ text: `{"start":${start}}`, bytes: 10, start });
const sent = (queue: StreamQueue) => JSON.parse(queue.next().body).files?.["wandb-history.jsonl"]?.content ?? [];

test("a row goes when the files recorded before it have arrived, in order", () => {
  const queue = new StreamQueue();
  const window = new Window(queue);
  window.addRow(row(0));
  window.addFile("a", 10, 0);
  window.addFile("b", 20, 0);
  window.addRow(row(30));
  window.addFile("c", 40, 0);
  window.addRow(row(50));
  window.release(0);
  expect(sent(queue)).toEqual(['{"start":0}']);
  window.arrived("b");
  window.arrived("c");
  window.release(0);
  expect(sent(queue).length).toBe(1);
  window.arrived("a");
  window.release(0);
  expect(sent(queue).length).toBe(3);
  expect(JSON.parse(queue.next().body).uploaded).toEqual(["b", "c", "a"]);
});

test("after 60 s it goes without its file, which still may come", () => {
  const queue = new StreamQueue();
  const window = new Window(queue);
  window.addFile("a", 10, 1000);
  window.addRow(row(30));
  expect(window.release(2000)).toBe(59_000);
  expect(sent(queue)).toEqual([]);
  expect(window.release(61_000)).toBe(Number.POSITIVE_INFINITY);
  expect(sent(queue).length).toBe(1);
  expect(window.position(100)).toBe(10); // a later upload begins with the file
});

test("the cursor stands before the first that is not acknowledged, a file until the server was told of it", () => {
  const queue = new StreamQueue();
  const window = new Window(queue);
  expect(window.position(70)).toBe(70);
  window.addFile("a", 10, 0);
  window.addRow(row(30));
  expect(window.position(70)).toBe(10);
  window.arrived("a");
  window.release(0);
  expect(window.position(70)).toBe(10);
  const request = queue.next();
  queue.acknowledge(request);
  window.settle(request.uploaded);
  expect(window.position(70)).toBe(70);
  window.addFile("owed", 80, 0);
  window.settle(["owed"]);
  expect(window.position(90)).toBe(90);
});

test("what is held is bounded: 512 files or 10 MiB of rows", () => {
  const window = new Window(new StreamQueue());
  for (let i = 0; i < 511; i++) window.addFile(`f${i}`, i, 0);
  expect(window.isFull).toBe(false);
  expect(window.addFile("f0", 0, 0)).toBe(false);
  window.addFile("last", 600, 0);
  expect(window.isFull).toBe(true);
  const rows = new Window(new StreamQueue());
  rows.addRow({ text: "x", bytes: 10 << 20, start: 0 });
  expect(rows.isFull).toBe(true);
});

test("requests: the first row at once, then after 1, 2, 4, 8, 15 s; a sign of life after 30 s; the config each 5 s", () => {
  let now = 0;
  const schedule = new Schedule({ now: () => now, sleep: async () => {} });
  const due = [];
  for (; now <= 75_000; now += 500) {
    if (!schedule.streamIsDue(true)) continue;
    due.push(now / 1000);
    schedule.streamed();
  }
  expect(due).toEqual([0, 1, 3, 7, 15, 30, 45, 60, 75]);
  now = 100_000;
  schedule.streamed();
  now += 29_999;
  expect(schedule.streamIsDue(false)).toBe(false);
  expect(schedule.wait(false, false)).toBe(1);
  now += 1;
  expect(schedule.streamIsDue(false)).toBe(true);
  schedule.configured();
  now += 4999;
  expect(schedule.configIsDue()).toBe(false);
  now += 1;
  expect(schedule.configIsDue()).toBe(true);
});

test("rate limit headers set the pace of all runs that share it", async () => {
  const pace = new Pace();
  const slept: number[] = [];
  const clock = { now: () => 0, sleep: async (duration: number) => void slept.push(duration) };
  const { signal } = new AbortController();
  pace.heed(new Headers({ "RateLimit-Remaining": "100", "RateLimit-Reset": "10" }), clock);
  await pace.wait(clock, signal);
  pace.heed(new Headers({ "RateLimit-Remaining": "2", "RateLimit-Reset": "10" }), clock);
  await pace.wait(clock, signal);
  pace.heed(new Headers({ "RateLimit-Remaining": "0", "RateLimit-Reset": "7" }), clock);
  await pace.wait(clock, signal);
  pace.heed(new Headers({ "RateLimit-Remaining": "x" }), clock);
  expect(slept).toEqual([0, 5000, 7000]);
});

test("waits of a scaled clock end with their signal", async () => {
  const stop = new AbortController();
  const started = performance.now();
  setTimeout(() => stop.abort(), 5);
  await Promise.all(Array.from({ length: 50 }, () => scaledClock(1).sleep(60_000, stop.signal)));
  expect(performance.now() - started).toBeLessThan(5000);
});
