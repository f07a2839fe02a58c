import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterAll, expect, it } from "vitest";
import { createAuthority, describeWithOpenssl } from "../support/certificates.ts";
import { freePort } from "../support/ports.ts";
import { startCli } from "../support/processes.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(file(name), text);

describeWithOpenssl("a secret", () => {
  it("of DSN, tokens, users or key is in no log line, answer or command line, whatever goes wrong", async () => {
    const { cert, key } = createAuthority(folder).issue("server");
    const password = "canary-of-the-user";
    const hash = hashSync(password, 4);
    const token = "canary-of-the-token-0123456789abcdef";
    const dsn = "canary-of-the-database";
    const secrets = [password, hash, hash.slice(8), token, dsn, key.slice(40, 80)];
    const config = (more: string) =>
      write("web.yml", `tls_server_config: {cert_file: server.crt, key_file: server.key}\n${more}`);
    config(`basic_auth_users: {alice: ${hash}}`);
    write("tokens", `deploy ${token}`);

    const flags = [
      `--web.config.file=${file("web.yml")}`,
      `--api.token-file=${file("tokens")}`,
      "--web.listen-address=127.0.0.1:0",
      "--log.level=debug",
    ];
    const url = `postgres://canary:${dsn}@127.0.0.1:${await freePort()}/x`;
    const serve = startCli(["serve", ...flags], { env: { DATABASE_URL: url } });
    const [, port] = await serve.line(/"port":(\d+),"msg":"listening"/, 30_000);

    const said: string[] = [];
    const send = (method: string, path: string, authorization: string, body = "") =>
      new Promise<number>((resolve, reject) => {
        const headers = { authorization, "content-type": "application/json" };
        const to = { host: "127.0.0.1", port, method, path, headers, ca: cert, rejectUnauthorized: false };
        request(to, async (response) => {
          said.push(JSON.stringify(response.headers), Buffer.concat(await response.toArray()).toString());
          resolve(response.statusCode ?? 0);
        })
          .on("error", reject)
          .end(body);
      });
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    const user = basic(`alice:${password}`);
    const bearer = `Bearer ${token}`;
    expect(await send("GET", "/metrics", user)).toBe(200);
    expect(await send("GET", "/api/monitor/stats", user)).toBe(503);
    expect(await send("GET", "/-/ready", user)).toBe(503);
    expect(await send("GET", "/openapi.json", user)).toBe(200);
    expect(await send("GET", "/api/tasks", basic(`alice:x${password}`))).toBe(401);
    expect(await send("GET", "/api/tasks", basic(`${password}:alice`))).toBe(401);
    expect(await send("POST", "/api/tasks", `${bearer}x`, "{}")).toBe(401);
    expect(await send("POST", "/api/tasks", bearer, "{")).toBe(400);
    expect(await send("POST", "/api/task/retry/1", bearer)).toBe(503);
    expect(await send("POST", "/api/task/retry/1", user)).toBe(401);

    const refusals = [
      () => config(`basic_auth_users: {alice: ${password}}`),
      () => config(`basic_auth_users: {alice: ${hash}: ${hash}}`),
      () => {
        config("");
        write("server.key", `${key}${token}`.replace("BEGIN", "BEGUN"));
      },
      () => write("tokens", `${token} deploy`),
    ];
    for (const refusal of refusals) {
      const before = serve.output().length;
      refusal();
      await serve.line(/"level":"warn".*is not valid/, 10_000, before);
    }
    expect(await send("GET", "/metrics", user)).toBe(200);

    const commandLine = readFileSync(`/proc/${serve.pid}/cmdline`, "utf8");
    await serve.end();
    const all = [serve.output(), commandLine, ...said].join("\n");
    expect(all).toContain("tts_db_up 0");
    expect(all).toContain('"token":"deploy"');
    for (const secret of secrets) expect(all).not.toContain(secret);

    // Here nothing is kept from before: it ends.
    const refused = startCli(["serve", ...flags], { env: { DATABASE_URL: url } });
    expect((await refused.exited).code).toBe(2);
    const lines = refused
      .output()
      .split("\n")
      .filter((line) => line.startsWith("tts-monitor:"));
    expect(lines).toEqual([expect.stringContaining("--api.token-file: line 1 must be a token")]);
    write("tokens", token);
    const second = startCli(["serve", ...flags], { env: { DATABASE_URL: url } });
    expect((await second.exited).code).toBe(2);
    expect(second.output()).toMatch(/^tts-monitor: --web\.config\.file: .+$/m);
    for (const secret of secrets) expect(refused.output() + second.output()).not.toContain(secret);
  });
});
