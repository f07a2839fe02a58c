import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import request from "supertest";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { openAccess } from "../../src/http/access/access.ts";
import { createApp } from "../../src/http/app.ts";
import { describe as describeOperation, json } from "../../src/http/operation.ts";
import type { Logger } from "../../src/logger.ts";
import { collectedLog } from "../support/collected-log.ts";
import { eventually } from "../support/eventually.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const LONG = "0123456789abcdef0123456789abcdef";
const tokenFile = join(folder, "tokens");
const CHANGE = describeOperation({
  id: "change",
  method: "post",
  path: "/change/:id",
  summary: "",
  token: true,
  params: z.object({ id: z.string().regex(/^\d+$/, "must be digits") }),
  body: z.object({ x: z.int("must be a number") }),
  answers: { 200: z.object({}) },
});

async function open(content: string, logger?: Logger) {
  writeFileSync(tokenFile, content, { mode: 0o600 });
  const { logger: warnings, messages } = collectedLog("warn");
  const access = await openAccess({ tokenFile, poll: 20 }, logger ?? warnings);
  closing.push(access.close);
  const app = createApp([json(CHANGE, async () => ({ 200: {} }))], access);
  const post = (authorization?: string, path = "/change/1", body: string | object = { x: 1 }) => {
    const sent = request(app).post(path).set("Content-Type", "application/json");
    return (authorization === undefined ? sent : sent.set({ authorization })).send(body);
  };
  const status = async (token: string) => (await post(`Bearer ${token}`)).status;
  return { app, post, status, messages };
}

describe("the token file", () => {
  it("holds a token a line, with a name or without, and comments", async () => {
    const { status, messages } = await open(
      `\uFEFF# ours\r\n\r\ndeploy   ${LONG}==\n  ${LONG}x \n\n#${LONG}y\nci\tshort`,
    );
    for (const token of [`${LONG}==`, `${LONG}x`, "short"]) expect(await status(token)).toBe(200);
    for (const token of ["deploy", "ci", `${LONG}y`, LONG, "#", ""]) expect(await status(token)).toBe(401);
    expect(messages).toEqual(["a token has less than 32 characters: it can be guessed"]);
  });

  it("may be one bare token", async () => {
    const { status } = await open(LONG);
    expect([await status(LONG), await status(`${LONG}0`), await status(LONG.slice(1))]).toEqual([
      200, 401, 401,
    ]);
  });

  it.each([
    ["", "--api.token-file: the file holds no token"],
    ["# none\n\n", "--api.token-file: the file holds no token"],
    [`a\nb c ${LONG}`, "--api.token-file: line 2 must be a token"],
    [`${LONG} deploy`, "--api.token-file: line 1 must be a token"],
    ["tökén", "--api.token-file: line 1 must be a token"],
  ])("is refused without being quoted: %j", async (content, message) => {
    const refused = open(content);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(LONG);
  });

  it("is refused where it is not there", async () => {
    const missing = openAccess({ tokenFile: join(folder, "missing") }, collectedLog("warn").logger);
    await expect(missing).rejects.toThrow("--api.token-file: the file cannot be read: there is no such file");
  });

  it("is followed, and stays as it was where it breaks", async () => {
    const { status, messages } = await open(`old ${LONG}`);
    writeFileSync(tokenFile, `new ${LONG}new`);
    await eventually("the new token counts", async () => (await status(`${LONG}new`)) === 200);
    expect(await status(LONG)).toBe(401);
    writeFileSync(tokenFile, "");
    await eventually("it has warned", () => messages.length === 1);
    expect(await status(`${LONG}new`)).toBe(200);
  });

  it("is warned of where every user of the machine can read it", async () => {
    const { logger, messages } = collectedLog("warn");
    const open = join(folder, "open");
    writeFileSync(open, LONG, { mode: 0o644 });
    const access = await openAccess({ tokenFile: open }, logger);
    access.close();
    expect(messages).toEqual(["every user of this machine can read this file"]);
  });
});

describe("an endpoint that wants a token", () => {
  it("judges it before the rest of the request, whatever is wrong there", async () => {
    const { post } = await open(LONG);
    const large = `{"x":"${"y".repeat(70_000)}"}`;
    for (const [path, body] of [
      ["/change/no", "{"],
      ["/change/1", large],
      ["/change/1", {}],
    ] as const) {
      const { status, headers } = await post(undefined, path, body);
      expect([status, headers["www-authenticate"]]).toEqual([401, 'Bearer realm="tts-monitor"']);
      expect((await post(`Bearer ${LONG}`, path, body)).status).toBe(body === large ? 413 : 400);
    }
    expect((await post(`bEARER  ${LONG} `)).status).toBe(200);
    expect((await post(LONG)).status).toBe(401);
    expect((await post(`Basic ${LONG}`)).status).toBe(401);
  });

  it("takes a right token however many wrong ones come from its address", async () => {
    const { status } = await open(LONG);
    const wrong = [];
    for (let time = 0; time < 12; time++) wrong.push(await status(`wrong-${time}`));
    expect(wrong).toEqual([...Array(10).fill(401), 429, 429]);
    expect(await status(LONG)).toBe(200);
  });

  it("is closed to everybody where no token is configured", async () => {
    const access = await openAccess({}, collectedLog("warn").logger);
    for (const options of [access, {}]) {
      const app = createApp([json(CHANGE, async () => ({ 200: {} }))], options);
      const answer = await request(app)
        .post("/change/1")
        .set("authorization", `Bearer ${LONG}`)
        .send({ x: 1 });
      expect([answer.status, answer.body]).toEqual([403, { error: expect.any(String) }]);
    }
  });

  it("logs the token's name, and not the token", async () => {
    const lines: object[] = [];
    const { logger } = collectedLog("warn");
    const debug = (fields: object | string) => void lines.push(Object(fields));
    const { post } = await open(`deploy ${LONG}`, { ...logger, debug });
    await post(`Bearer ${LONG}`);
    expect(lines).toEqual([{ token: "deploy", method: "POST", route: "/change/:id" }]);
  });
});
