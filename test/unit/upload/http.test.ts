import { describe, expect, test } from "@jest/globals";
import { scaledClock } from "../../../src/upload/clock.ts";
import type { UploadError } from "../../../src/upload/errors.ts";
import { backoff, type Fetch, FILE_STREAM, GRAPHQL, Http, PUT, retryAfter, UPSERT } from "../../../src/upload/http.ts";

const waits: number[] = [];

/** A client whose server answers with these, one after the other; the last again and again. */
function clientOf(...answers: (Response | Error)[]) {
  const requests: { url: string; headers: Readonly<Record<string, string>> }[] = [];
  waits.length = 0;
  const fetch: Fetch = async (url, { headers }) => {
    requests.push({ url, headers });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer instanceof Error) throw answer;
    return answer.clone();
  };
  const clock = { now: () => 0, sleep: async (duration: number) => void waits.push(duration) };
  return { http: new Http({ fetch, clock }), requests };
}

const answer = (status: number, body = "", headers: Record<string, string> = {}) =>
  new Response(body, { status, headers });
const request = (policy = GRAPHQL, headers: Record<string, string> = {}) =>
  ({ what: "it", url: "https://api.example/graphql?sig=secret", method: "POST", headers, body: "{}", policy }) as const;

const errorOf = (promise: Promise<unknown>): Promise<UploadError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );

describe("W&B's retry table", () => {
  const final = {
    GRAPHQL: [400, 401, 403, 404, 409, 410, 413, 422, 501],
    UPSERT: [400, 401, 403, 404, 410, 413, 422, 501],
  };
  const statuses = [400, 401, 403, 404, 408, 409, 410, 413, 418, 422, 429, 500, 501, 502, 503, 504];

  test.each(statuses)("%d", async (status) => {
    for (const [name, policy] of Object.entries({ GRAPHQL, UPSERT, FILE_STREAM, PUT })) {
      const { http, requests } = clientOf(answer(status), answer(200, "ok"));
      const isFinal =
        name === "PUT"
          ? ![408, 429].includes(status) && (status < 500 || status === 501)
          : (name === "UPSERT" ? final.UPSERT : final.GRAPHQL).includes(status);
      const sent = http.send(request(policy));
      if (isFinal) expect((await errorOf(sent)).status).toBe(status);
      else expect((await sent).body).toBe("ok");
      expect(requests.length).toBe(isFinal ? 1 : 2);
    }
  });

  test("S3 waits for a body: 400 RequestTimeout", async () => {
    const { http } = clientOf(answer(400, "<Error><Code>RequestTimeout</Code></Error>"), answer(200));
    expect((await http.send(request(PUT))).status).toBe(200);
  });

  test("20 attempts, 7 days of them for the file stream", async () => {
    const { http, requests } = clientOf(answer(500));
    await errorOf(http.send(request()));
    expect(requests.length).toBe(20);
    expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(15 * 60_000);
    expect(FILE_STREAM.attempts * 60_000).toBeGreaterThanOrEqual(7 * 24 * 3600_000);
  });
});

describe("waits", () => {
  test("2 s · 2ⁿ, up to a quarter more, at most a minute", () => {
    expect([0, 1, 2, 3, 4, 5, 100_000].map((attempt) => backoff(attempt, 0))).toEqual([
      2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(backoff(1, 0.999)).toBeLessThan(5000);
    expect(backoff(1, 1)).toBe(5000);
  });

  test.each([
    ["5", 5000],
    ["0.5", 500],
    ["86400", 86_400_000],
    ["Fri, 31 Dec 1999 23:59:59 GMT", 59_000],
    ["Fri, 31 Dec 1999 23:58:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
  ])("Retry-After: %s", (value, wait) => {
    const now = Date.parse("Fri, 31 Dec 1999 23:59:00 GMT");
    expect(retryAfter(new Headers({ "Retry-After": value }), now)).toBe(wait);
  });

  test("Retry-After takes the place of the wait", async () => {
    const { http } = clientOf(answer(429, "", { "Retry-After": "3" }), answer(200));
    await http.send(request());
    expect(waits).toEqual([3000]);
  });

  test("an abort ends the wait", async () => {
    const stop = new AbortController();
    const fetch: Fetch = async () => answer(500);
    const http = new Http({ fetch, clock: scaledClock(1), onRetry: () => stop.abort() });
    expect((await errorOf(http.send({ ...request(), signal: stop.signal }))).status).toBe(500);
  });

  test("an attempt that takes too long is made again", async () => {
    let attempts = 0;
    const fetch: Fetch = (_, { signal }) =>
      new Promise((resolve, reject) => {
        if (++attempts === 2) resolve(answer(200));
        else signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    const http = new Http({ fetch, clock: scaledClock(0.001), timeoutScale: 0.001 });
    expect((await http.send(request())).status).toBe(200);
    expect(attempts).toBe(2);
  });
});

describe("redirects", () => {
  const to = (status: number, location: string) => answer(status, "", { location });
  const key = { authorization: "Basic secret" };

  test("308 within the server is followed, key and all", async () => {
    const { http, requests } = clientOf(to(308, "/v2/graphql"), answer(200));
    await http.send(request(GRAPHQL, key));
    expect(requests[1]).toEqual({ url: "https://api.example/v2/graphql", headers: key });
  });

  test.each([
    ["to another host", 307, "https://evil.example/"],
    ["to http", 308, "http://api.example/graphql"],
    ["that changes the method", 302, "/login"],
    ["nowhere", 307, "http://["],
  ])("%s: no key goes there, and it is said", async (_, status, location) => {
    const { http, requests } = clientOf(to(status, location));
    const error = await errorOf(http.send(request(GRAPHQL, key)));
    expect(error.code).toBe("redirect");
    expect(error.message).toMatch(/WANDB_BASE_URL/);
    expect(requests.length).toBe(1);
  });

  test("storage may send a PUT on: it carries no key", async () => {
    const { http, requests } = clientOf(to(307, "https://eu.storage.example/x?sig=1"), answer(200));
    await http.send(request(PUT));
    expect(requests[1]!.url).toBe("https://eu.storage.example/x?sig=1");
  });

  test("a circle ends", async () => {
    const { http, requests } = clientOf(to(307, "/graphql"));
    expect((await errorOf(http.send(request()))).code).toBe("redirect");
    expect(requests.length).toBe(6);
  });
});

describe("errors in words, without an address that is a key", () => {
  test.each([
    [401, '{"errors":[{"message":"bad key"}]}', "unauthorized", /refused the API key \(401: bad key\)/],
    [403, "<html><body>Region\n blocked</body></html>", "forbidden", /does not allow it \(403: Region\)/],
    [404, "", "gone", /does not know it.*deleted.*\(404\)/],
    [410, '{"error":"run was deleted"}', "gone", /was deleted \(410: run was deleted\)/],
    [413, '{"error":{"message":"big"}}', "too-large", /too large \(413: big\)/],
    [402, "", "quota", /limit of the account/],
    [403, '{"error":"storage quota exceeded"}', "quota", /limit of the account.*storage quota exceeded/],
    [
      400,
      "<Error><Code>Bad</Code><Message>see https://s3/x?X-Sig=abc</Message></Error>",
      "refused",
      /Bad: see https:\/\/s3\/x\?…/,
    ],
  ])("%d %s", async (status, body, code, words) => {
    const { http } = clientOf(answer(status, body));
    const error = await errorOf(http.send(request()));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/^it: https:\/\/api\.example /);
    expect(error.message).not.toMatch(/sig=|abc/);
  });

  test("a host that cannot be reached, and why", async () => {
    const cause = Object.assign(new Error("getaddrinfo ENOTFOUND api.example"), { code: "ENOTFOUND" });
    const { http } = clientOf(new TypeError("fetch failed", { cause }));
    const error = await errorOf(http.send({ ...request(), policy: { ...GRAPHQL, attempts: 2 } }));
    expect(error.code).toBe("network");
    expect(error.message).toMatch(/https:\/\/api\.example cannot be reached: ENOTFOUND/);
  });

  test("a certificate is final, and what to do", async () => {
    const cause = Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    const { http, requests } = clientOf(new TypeError("fetch failed", { cause }));
    const error = await errorOf(http.send(request()));
    expect([error.code, requests.length]).toEqual(["tls", 1]);
    expect(error.message).toMatch(/NODE_EXTRA_CA_CERTS/);
  });

  test("what the surroundings know is added", async () => {
    const fetch: Fetch = () => Promise.reject(new TypeError("fetch failed"));
    const diagnose = async () => ({ final: true, message: "this page's origin is not allowed" });
    const http = new Http({ fetch, clock: scaledClock(0.001), diagnose });
    expect((await errorOf(http.send(request()))).message).toBe("this page's origin is not allowed");
  });
});
