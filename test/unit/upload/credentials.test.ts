import { describe, expect, test } from "@jest/globals";
import { scaledClock } from "../../../src/upload/clock.ts";
import { connect } from "../../../src/upload/connect.ts";
import {
  appUrlOf,
  type Credentials,
  checkKey,
  netrcPassword,
  parseSettings,
  resolveAddress,
} from "../../../src/upload/credentials.ts";
import { type Fetch, Http } from "../../../src/upload/http.ts";
import { identityAuthorization } from "../../../src/upload/identity.ts";
import { type Machine, NO_MACHINE } from "../../../src/upload/machine.ts";

const HEX = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "fedcba9876543210fedcba9876543210fedcba98";

function machineOf(env: Record<string, string>, files: Record<string, string> = {}): Machine {
  return {
    ...NO_MACHINE,
    env,
    home: "/home/ann",
    cwd: "/work",
    readText: (path) => files[path],
    writePrivate(path, text) {
      files[path] = text;
    },
  };
}

async function keyOf(given: Credentials, machine: Machine): Promise<{ key: string | undefined; source: string }> {
  const { authorization } = connect(given, machine);
  const header = await authorization.header();
  return { key: header && atob(header.replace("Basic ", "")).replace("api:", ""), source: authorization.source };
}

describe("the key: argument, WANDB_API_KEY, netrc", () => {
  const files = { "/home/ann/.netrc": `machine api.wandb.ai\n  login user\n  password ${OTHER}\n` };

  test.each([
    [{ apiKey: HEX }, { WANDB_API_KEY: OTHER }, {}, HEX, "apiKey"],
    [{}, { WANDB_API_KEY: HEX }, files, HEX, "WANDB_API_KEY"],
    [{}, {}, files, OTHER, "/home/ann/.netrc"],
    [{}, {}, { "/home/ann/_netrc": files["/home/ann/.netrc"] }, OTHER, "/home/ann/_netrc"],
    [{}, { NETRC: "~/mine" }, { "/home/ann/mine": files["/home/ann/.netrc"], ...files }, OTHER, "/home/ann/mine"],
  ])("%j %j", async (given, env, there, key, source) => {
    expect(await keyOf(given, machineOf(env as Record<string, string>, there))).toEqual({ key, source });
  });

  test("none: what to do, before any request", () => {
    expect(() => connect({}, machineOf({}))).toThrow(
      /no API key for https:\/\/api\.wandb\.ai: pass apiKey, set WANDB_API_KEY, or put "machine api\.wandb\.ai .*https:\/\/wandb\.ai\/authorize/,
    );
  });

  test("nothing that shows the server shows the key", () => {
    const server = connect({ apiKey: HEX }, machineOf({}));
    expect(JSON.stringify(server)).not.toContain(HEX);
    expect(Object.values(server.authorization)).not.toContain(HEX);
  });
});

describe("a base URL from a file in the working directory", () => {
  const settings = { "/work/wandb/settings": "[default]\nbase_url = https://evil.example\n" };

  test.each([
    [{ apiKey: HEX }, {}, "apiKey"],
    [{}, { WANDB_API_KEY: HEX }, "WANDB_API_KEY"],
    [{}, { WANDB_IDENTITY_TOKEN_FILE: "/token" }, "a token"],
  ])("gets no key: %j %j", (given, env, held) => {
    expect(() => connect(given, machineOf(env as Record<string, string>, settings))).toThrow(
      new RegExp(
        `https://evil\\.example was chosen by wandb/settings in the working directory, and ${held} is not sent`,
      ),
    );
  });

  test("but the one that netrc has for that host", async () => {
    const there = { ...settings, "/home/ann/.netrc": `machine evil.example login user password ${OTHER}` };
    expect((await keyOf({}, machineOf({ WANDB_API_KEY: HEX }, there))).key).toBe(OTHER);
  });

  test.each([
    [{ baseUrl: "https://evil.example" }, {}],
    [{}, { WANDB_BASE_URL: "https://evil.example" }],
  ])("or any, where it is named elsewhere too: %j %j", async (given, env) => {
    const machine = machineOf({ WANDB_API_KEY: HEX, ...(env as Record<string, string>) }, settings);
    expect((await keyOf(given, machine)).key).toBe(HEX);
  });

  test("the user's own settings file is trusted, and the working directory's wins", () => {
    const user = { "/home/ann/.config/wandb/settings": "[default]\nbase_url: https://own.example/\n" };
    expect(resolveAddress({}, machineOf({}, user))).toMatchObject({
      baseUrl: "https://own.example",
      fromWorkingDirectory: false,
    });
    expect(resolveAddress({}, machineOf({}, { ...user, ...settings })).baseUrl).toBe("https://evil.example");
    expect(
      resolveAddress(
        {},
        machineOf({ WANDB_CONFIG_DIR: "/c" }, { "/c/settings": user["/home/ann/.config/wandb/settings"] }),
      ).baseUrl,
    ).toBe("https://own.example");
  });
});

describe("netrc", () => {
  test.each([
    ["machine a login user password k", "a", "k"],
    ["machine a:8080\npassword k\nmachine a\npassword l", "a", "l"],
    ["machine a:8080\npassword k", "a:8080", "k"],
    ['machine a password "k\\"1"', "a", 'k"1'],
    ["machine a password 'k 1'", "a", "k 1"],
    ["# machine a password no\nmachine a password k", "a", "k"],
    ["macdef init\nmachine a password no\n\nmachine a password k", "a", "k"],
    ["machine b login machine password x\nmachine a account q password k", "a", "k"],
    ["default login user password k", "a", undefined],
    ["machine b password k", "a", undefined],
    ["machine a login password", "a", undefined],
    ["", "a", undefined],
  ])("%j: %s", (text, host, password) => {
    expect(netrcPassword(text, host)).toBe(password);
  });
});

test("settings files: one section, comments, : or =", () => {
  expect(
    parseSettings("[other]\nmode=online\n[default]\n# entity = x\nmode = offline\r\nproject:cats\n; a=b\n"),
  ).toEqual({
    mode: "offline",
    project: "cats",
  });
});

describe("keys of any known form", () => {
  test.each([HEX, `local-${HEX}`, `wandb_v1_${"x".repeat(77)}`, ` ${HEX}\n`, "aa.bb.cc"])("%s", (key) => {
    expect(checkKey(key, "apiKey", "app")).toBe(key.trim());
  });
  test.each([
    ["", /expected 40 characters or more; got 0/],
    ["short", /got 5/],
    [`local-${"x".repeat(39)}`, /got 39/],
    [`${HEX} x`, /characters other than/],
    [undefined, /expected a string; got undefined/],
    [null, /got null/],
  ])("not %j, which is not said", (key, words) => {
    expect(() => checkKey(key, "WANDB_API_KEY", "https://wandb.ai")).toThrow(words);
    expect(() => checkKey(key, "WANDB_API_KEY", "https://wandb.ai")).toThrow(
      /from WANDB_API_KEY.*https:\/\/wandb\.ai\/authorize/,
    );
    if (key) expect(() => checkKey(key, "x", "y")).not.toThrow(new RegExp(key));
  });
});

describe("base URLs", () => {
  test.each([
    ["https://api.wandb.ai/", "https://api.wandb.ai", "https://wandb.ai"],
    ["https://api.company.example", "https://api.company.example", "https://app.company.example"],
    ["https://company.example/wandb/", "https://company.example/wandb", "https://company.example/wandb"],
    ["http://localhost:8080", "http://localhost:8080", "http://localhost:8080"],
    ["https://api.wandb.test", "https://api.wandb.test", "https://wandb.test"],
  ])("%s", (given, baseUrl, appUrl) => {
    expect(resolveAddress({ baseUrl: given }, NO_MACHINE)).toMatchObject({ baseUrl, appUrl });
    expect(appUrlOf(baseUrl)).toBe(appUrl);
  });
  test.each([
    ["https://wandb.ai", /W&B's app; its API is/],
    ["http://api.wandb.ai", /http is not secure/],
    ["api.wandb.ai", /expected/],
    ["ftp://x", /expected http/],
    ["https://user:secret@x.example", /a name or password in it/],
  ])("not %s", (baseUrl, words) => {
    expect(() => resolveAddress({ baseUrl }, NO_MACHINE)).toThrow(words);
    expect(() => resolveAddress({ baseUrl }, NO_MACHINE)).not.toThrow(/secret/);
  });
  test("WANDB_APP_URL wins", () => {
    expect(resolveAddress({}, machineOf({ WANDB_APP_URL: "https://my.app/" })).appUrl).toBe("https://my.app");
  });
});

describe("identity tokens", () => {
  const files: Record<string, string> = {};
  let exchanges: string[] = [];
  function authorization(answers: Response[], now: () => number, env = { WANDB_IDENTITY_TOKEN_FILE: "/jwt" }) {
    exchanges = [];
    const fetch: Fetch = async (url, { body }) => {
      exchanges.push(`${url} ${body}`);
      return answers.shift()!;
    };
    const http = new Http({ fetch, clock: scaledClock(0.0001) });
    return identityAuthorization("/jwt", "https://api.wandb.ai", machineOf(env, files), http, now);
  }
  const token = (name: string, expires_in = 3600) => Response.json({ access_token: name, expires_in });

  test("are exchanged once, renewed five minutes before their end, and kept where W&B keeps them", async () => {
    files["/jwt"] = " j.w.t\n";
    let now = Date.parse("2026-01-01T00:00:00Z");
    const { header, source } = authorization([token("one"), token("two")], () => now);
    expect(source).toBe("WANDB_IDENTITY_TOKEN_FILE (/jwt)");
    expect(await Promise.all([header(), header()])).toEqual(["Bearer one", "Bearer one"]);
    expect(exchanges).toEqual([
      "https://api.wandb.ai/oidc/token grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=j.w.t",
    ]);
    expect(JSON.parse(files["/home/ann/.config/wandb/credentials.json"]!)).toEqual({
      credentials: { "https://api.wandb.ai": { access_token: "one", expires_at: "2026-01-01 01:00:00" } },
    });
    now += 54 * 60_000;
    expect(await header()).toBe("Bearer one");
    now += 60_001;
    files["/jwt"] = "new.jwt.x";
    expect(await header()).toBe("Bearer two");
    expect(exchanges[1]).toContain("assertion=new.jwt.x");
    const later = authorization([], () => now);
    expect(await later.header()).toBe("Bearer two");
  });

  test("4xx is final, 429 and 5xx are not", async () => {
    const now = () => Date.parse("2027-01-01T00:00:00Z");
    await expect(authorization([new Response("", { status: 403 })], now).header()).rejects.toThrow(
      /exchange of the identity token/,
    );
    const { header } = authorization(
      [new Response("", { status: 429 }), new Response("", { status: 503 }), token("x")],
      now,
    );
    expect(await header()).toBe("Bearer x");
  });

  test("a file without a token; an answer without one", async () => {
    const now = () => Date.parse("2028-01-01T00:00:00Z");
    files["/jwt"] = "\n";
    await expect(authorization([], now).header()).rejects.toThrow(/\/jwt has no token/);
    files["/jwt"] = "a.b.c";
    await expect(authorization([Response.json({})], now).header()).rejects.toThrow(/answered without a token/);
  });

  test("not beside WANDB_API_KEY", () => {
    const env = { WANDB_IDENTITY_TOKEN_FILE: "/jwt", WANDB_API_KEY: HEX };
    expect(() => connect({}, machineOf(env))).toThrow(/both set; expected one of them/);
  });
});
