import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import request from "supertest";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type AccessSettings, openAccess } from "../../src/http/access/access.ts";
import { createApp } from "../../src/http/app.ts";
import { healthy } from "../../src/http/routes/health.ts";
import { collectedLog } from "../support/collected-log.ts";
import { eventually } from "../support/eventually.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const HASH = hashSync("pass:wörd", 4);
const configFile = join(folder, "web.yml");
const tokenFile = join(folder, "tokens");

async function open(settings: AccessSettings = {}) {
  writeFileSync(configFile, `basic_auth_users: {alice: ${HASH}}`, { mode: 0o600 });
  const { logger, messages } = collectedLog("warn");
  const access = await openAccess({ configFile, poll: 20, ...settings }, logger);
  closing.push(access.close);
  const app = createApp([healthy], access);
  const get = (authorization?: string, more: Record<string, string> = {}) =>
    request(app)
      .get("/-/healthy")
      .set({ ...(authorization !== undefined && { authorization }), ...more });
  const login = (user: string, password: string, more?: Record<string, string>) =>
    get(`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`, more);
  return { app, get, login, messages };
}

describe("users of the web configuration", () => {
  it("open every path, and nothing is open without one", async () => {
    const { app, get, login } = await open();
    for (const path of ["/-/healthy", "/metrics", "/nothing"]) {
      const { status, headers, body } = await request(app).get(path);
      expect([path, status, headers["www-authenticate"]]).toEqual([path, 401, 'Basic realm="tts-monitor"']);
      expect(body).toEqual({ error: expect.any(String) });
    }
    expect((await login("alice", "pass:wörd")).status).toBe(200);
    expect((await get(`bASIC  ${Buffer.from("alice:pass:wörd").toString("base64")}`)).status).toBe(200);
    for (const [user, password] of [
      ["alice", "wrong"],
      ["alice", ""],
      ["bob", "pass:wörd"],
      ["", ""],
    ] as const) {
      expect((await login(user, password)).status).toBe(401);
    }
    for (const header of ["", "Basic", "Basic !", "Basic YQ", "Digest a", "alice:pass"]) {
      expect([header, (await get(header)).status]).toEqual([header, 401]);
    }
  });

  it("are let in again and again, a thousand at a time", async () => {
    const { login } = await open();
    const answers = await Promise.all(Array.from({ length: 200 }, () => login("alice", "pass:wörd")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it("may come with a token instead, because one header cannot carry both", async () => {
    writeFileSync(tokenFile, "deploy right-token", { mode: 0o600 });
    const { get } = await open({ tokenFile });
    expect((await get("bearer right-token")).status).toBe(200);
    expect((await get("Bearer wrong-token")).status).toBe(401);
  });

  it("change with the file, and a password that was right is no longer", async () => {
    const { login } = await open();
    expect((await login("alice", "pass:wörd")).status).toBe(200);
    writeFileSync(configFile, `basic_auth_users: {alice: ${hashSync("new", 4)}}`);
    await eventually("the new password counts", async () => (await login("alice", "new")).status === 200);
    expect((await login("alice", "pass:wörd")).status).toBe(401);
  });

  it("stay as they were where the file breaks", async () => {
    const { get, login, messages } = await open();
    writeFileSync(configFile, "basic_auth_users: {alice: plain}");
    await eventually("it has warned", () => messages.length === 1);
    rmSync(configFile);
    await eventually("it has warned", () => messages.length === 2);
    expect((await get()).status).toBe(401);
    expect((await login("alice", "pass:wörd")).status).toBe(200);
  });
});

describe("wrong logins", () => {
  it("block their address after ten, for right ones too, whatever it says of where it comes from", async () => {
    const { get, login } = await open();
    expect((await login("alice", "pass:wörd")).status).toBe(200);
    for (let failure = 0; failure < 10; failure++) {
      const from = { "X-Forwarded-For": `198.51.100.${failure}`, Forwarded: `for=198.51.100.${failure}` };
      expect((await login("alice", `wrong ${failure}`, from)).status).toBe(401);
    }
    const blocked = await login("alice", "pass:wörd", { "X-Forwarded-For": "198.51.100.77" });
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(blocked.headers["retry-after"])).toBeLessThanOrEqual(60);
    // Who offers nothing has not guessed.
    expect((await get()).status).toBe(401);
  });

  it("that come all at once are no more than ten guesses", async () => {
    const { login } = await open();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, guess) => login("alice", `guess ${guess}`)),
    );
    expect(answers.filter(({ status }) => status === 401).length).toBe(10);
    expect(answers.filter(({ status }) => status === 429).length).toBe(40);
  });

  it("are counted apart from requests that offer nothing, and from right ones", async () => {
    const { get, login } = await open();
    for (let time = 0; time < 20; time++) {
      expect((await get()).status).toBe(401);
      expect((await login("alice", "pass:wörd")).status).toBe(200);
    }
  });

  it("by token are bounded too", async () => {
    writeFileSync(tokenFile, "right-token", { mode: 0o600 });
    const { get } = await open({ tokenFile });
    const statuses = [];
    for (let time = 0; time < 12; time++) statuses.push((await get(`Bearer wrong-${time}`)).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await get("Bearer right-token")).status).toBe(200);
  });
});
