import { expect, test } from "@jest/globals";
import { StreamQueue, utf8Length } from "../../../src/upload/stream.ts";

// W&B's own cases (core/internal/filestream/filestreamstate_test.go, filestreamrequest_test.go), in our words.

const HISTORY = "wandb-history.jsonl";
const EVENTS = "wandb-events.jsonl";
const SUMMARY = "wandb-summary.json";
const OUTPUT = "output.log";

const queueOf = (request: number, line = 99) => new StreamQueue({ request, line });
const history = (queue: StreamQueue, ...texts: string[]) => {
  for (const [i, text] of texts.entries()) queue.addHistory({ text, bytes: text.length, start: i * 10 });
};
const bodyOf = (queue: StreamQueue, end?: { exitCode: number }) => {
  const request = queue.next(end);
  return { request, body: JSON.parse(request.body) };
};

test("an empty queue gives a sign of life of two bytes", () => {
  const { request } = bodyOf(queueOf(1));
  expect(request.body).toBe("{}");
  expect(request.heartbeat).toBe(true);
});

test.each([
  ["history", (queue: StreamQueue) => history(queue, "one", "two", "this line is too long")],
  ["events", (queue: StreamQueue) => ["one", "two", "this line is too long"].map((text) => queue.addEvent(text, 0))],
  ["summary", (queue: StreamQueue) => queue.setSummary('{"xyz":"123456"}')],
  ["console", (queue: StreamQueue) => ["one", "two", "too long"].map((text, i) => queue.setOutput(i, text, 0))],
])("%s may fill a request", (_, fill) => {
  const queue = queueOf(10);
  expect(queue.isFull).toBe(false);
  fill(queue);
  expect(queue.isFull).toBe(true);
});

test("a line that is too long for any request goes alone", () => {
  const queue = queueOf(0);
  history(queue, "this line is too long", "next");
  const { request, body } = bodyOf(queue, { exitCode: 1 });
  expect(body.files[HISTORY].content).toEqual(["this line is too long"]);
  expect(request.more).toBe(true);
});

test.each([
  [HISTORY, 7, (queue: StreamQueue) => history(queue, "one", "two", "three")],
  [EVENTS, 8, (queue: StreamQueue) => ["one", "two", "three"].map((text) => queue.addEvent(text, 0))],
])("%s: all lines, then from the next number on", (name, first, fill) => {
  const queue = queueOf(99);
  queue.begin({ history: 7, events: 8, output: 9 });
  fill(queue);
  const { request, body } = bodyOf(queue);
  expect(request.more).toBe(false);
  expect(body).toEqual({ files: { [name]: { offset: first, content: ["one", "two", "three"] } } });
  queue.acknowledge(request);
  expect(queue.isEmpty).toBe(true);
  fill(queue);
  expect(bodyOf(queue).body.files[name].offset).toBe(first + 3);
});

test.each([HISTORY, EVENTS])("%s: as many lines as fit, the rest in the next request", (name) => {
  const queue = queueOf(1);
  queue.begin({ history: 7, events: 7, output: 0 });
  for (const text of ["one", "two", "three"]) {
    if (name === HISTORY) history(queue, text);
    else queue.addEvent(text, 0);
  }
  const first = bodyOf(queue);
  expect(first.request.more).toBe(true);
  expect(first.body.files[name]).toEqual({ offset: 7, content: ["one"] });
  queue.acknowledge(first.request);
  expect(bodyOf(queue).body.files[name]).toEqual({ offset: 8, content: ["two"] });
});

test("a request that was not acknowledged is given again, the same", () => {
  const queue = queueOf(99);
  history(queue, "one");
  const { body } = bodyOf(queue).request;
  expect(queue.next().body).toBe(body);
});

test("the summary stands in line 0, whole, and the last one wins", () => {
  const queue = queueOf(99);
  queue.setSummary('{"xyz":1}');
  queue.setSummary('{"xyz":9}');
  const { request, body } = bodyOf(queue);
  expect(body).toEqual({ files: { [SUMMARY]: { offset: 0, content: ['{"xyz":9}'] } } });
  queue.setSummary('{"xyz":10}'); // while the request is on its way
  queue.acknowledge(request);
  expect(bodyOf(queue).body.files[SUMMARY].content).toEqual(['{"xyz":10}']);
});

test("a summary for which there is no room waits for the next request", () => {
  const queue = queueOf(12);
  history(queue, "the history");
  queue.setSummary('{"key":"value"}');
  const { request, body } = bodyOf(queue);
  expect(request.more).toBe(true);
  expect(Object.keys(body.files)).toEqual([HISTORY]);
  queue.acknowledge(request);
  expect(bodyOf(queue).body.files[SUMMARY].content).toEqual(['{"key":"value"}']);
});

test("a summary longer than a line may be is refused", () => {
  const queue = queueOf(99, 1);
  expect(queue.setSummary("too long")).toBe(false);
  expect(queue.isEmpty).toBe(true);
});

test("console lines keep their numbers; one consecutive range goes at a time", () => {
  const queue = queueOf(99);
  queue.begin({ history: 0, events: 0, output: 7 });
  for (const [number, text] of [
    [20, "later"],
    [10, "line 17"],
    [11, "line 18"],
  ] as const) {
    queue.setOutput(number, text, 5);
  }
  const { request, body } = bodyOf(queue);
  expect(body.files[OUTPUT]).toEqual({ offset: 17, content: ["line 17", "line 18"] });
  expect(request.more).toBe(true);
  queue.acknowledge(request);
  expect(bodyOf(queue).body.files[OUTPUT]).toEqual({ offset: 27, content: ["later"] });
});

test("console lines are limited by size, and a line that changed on the way goes again", () => {
  const queue = queueOf(1);
  queue.setOutput(6, "10 %", 0);
  queue.setOutput(7, "line", 0);
  const { request, body } = bodyOf(queue);
  expect(body.files[OUTPUT]).toEqual({ offset: 6, content: ["10 %"] });
  queue.setOutput(6, "20 %", 3);
  queue.acknowledge(request);
  expect(bodyOf(queue).body.files[OUTPUT]).toEqual({ offset: 6, content: ["20 %"] });
});

test("uploaded files and preempting are told once", () => {
  const queue = queueOf(99);
  queue.addUploaded("file1");
  queue.addUploaded("file2");
  queue.preempt();
  const { request, body } = bodyOf(queue);
  expect(body).toEqual({ uploaded: ["file1", "file2"], preempting: true });
  queue.addUploaded("file3");
  queue.acknowledge(request);
  expect(bodyOf(queue).body).toEqual({ uploaded: ["file3"] });
});

test("the end goes with the last request only", () => {
  const queue = queueOf(1);
  expect(bodyOf(queue, { exitCode: 1 }).body).toEqual({ complete: true, exitcode: 1 });
  history(queue, "sent", "not sent due to size");
  const { request, body } = bodyOf(queue, { exitCode: 1 });
  expect(body.complete).toBeUndefined();
  expect(request.complete).toBe(false);
  queue.acknowledge(request);
  expect(bodyOf(queue, { exitCode: 1 }).body.complete).toBe(true);
});

test("start is the record of the first line that waits", () => {
  const queue = queueOf(99);
  expect(queue.start).toBe(Number.POSITIVE_INFINITY);
  queue.addEvent("e", 30);
  queue.setOutput(0, "o", 20);
  expect(queue.start).toBe(20);
  queue.acknowledge(queue.next());
  expect(queue.start).toBe(Number.POSITIVE_INFINITY);
});

test.each(["", "abc", "é", "€", "😀", "a😀b", "\ud800", "x\udc00y", "\ud83d\ud83d\ude00"])(
  "bytes of %j in UTF-8",
  (text) => {
    expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
  },
);
