import { copyFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, expect, it } from "vitest";
import { openAccess } from "../../src/http/access/access.ts";
import { createApp } from "../../src/http/app.ts";
import { healthy } from "../../src/http/routes/health.ts";
import { listen } from "../../src/http/server.ts";
import { createAuthority, describeWithOpenssl } from "../support/certificates.ts";
import { collectedLog } from "../support/collected-log.ts";
import { eventually } from "../support/eventually.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describeWithOpenssl("TLS", () => {
  const ca = createAuthority(folder);
  const stranger = createAuthority(folder, "stranger");
  const server = ca.issue("server");
  const successor = ca.issue("successor", "DNS:successor,DNS:localhost");
  const client = ca.issue("client", "DNS:prometheus.internal,IP:2001:db8::1");
  const unknown = stranger.issue("unknown", "DNS:prometheus.internal");
  const configFile = join(folder, "web.yml");
  const PAIR = "cert_file: server.crt, key_file: server.key";

  /** A server with this TLS section, followed closely; what it warns of. */
  async function serve(section: string, rest = "") {
    const rewrite = (keys: string, more = "") =>
      writeFileSync(configFile, `tls_server_config: {${keys}}\n${more}`, { mode: 0o600 });
    rewrite(section, rest);
    const { logger, messages } = collectedLog("warn");
    const access = await openAccess({ configFile, poll: 20 }, logger);
    closing.push(access.close);
    const { port, close } = await listen(
      createApp([healthy], access),
      { host: "127.0.0.1", port: 0 },
      { tls: access.tls },
    );
    closing.push(close);
    return { port, rewrite, messages };
  }

  /** The status and headers of an answer on a connection of its own. */
  function get(port: number, options: ConnectionOptions & { agent?: Agent } = {}) {
    return new Promise<{
      status: number | undefined;
      headers: object;
      subject: string;
      reused: boolean;
      from: number | undefined;
    }>((resolve, reject) => {
      const sent = request(
        { port, path: "/-/healthy", ca: ca.cert, servername: "localhost", agent: false, ...options },
        (response) => {
          const socket = response.socket as TLSSocket;
          const subject = socket.getPeerX509Certificate()?.subject ?? "";
          const { statusCode: status, headers } = response;
          const from = socket.localPort;
          response
            .resume()
            .on("end", () => resolve({ status, headers, subject, reused: socket.isSessionReused(), from }));
        },
      );
      sent.on("error", reject).end();
    });
  }
  const passes = async (port: number, options?: ConnectionOptions) =>
    expect((await get(port, options)).status).toBe(200);
  const fails = (port: number, options?: ConnectionOptions) => expect(get(port, options)).rejects.toThrow();

  it("is spoken in 1.2 and 1.3, and in nothing older", async () => {
    const { port } = await serve(PAIR);
    await passes(port, { minVersion: "TLSv1.3" });
    await passes(port, { maxVersion: "TLSv1.2" });
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(get(port, old)).rejects.toThrow(/version|EPROTO/i);
    const newest = await serve(`${PAIR}, min_version: TLS13`);
    await passes(newest.port);
    await fails(newest.port, { maxVersion: "TLSv1.2" });
    const without13 = await serve(
      `${PAIR}, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]`,
    );
    await passes(without13.port, { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" });
    await fails(without13.port, { minVersion: "TLSv1.3" });
    await fails(without13.port, { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" });
  });

  it("stays on when cipher suites are chosen, which are about TLS 1.2 only", async () => {
    const { port } = await serve(`${PAIR}, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]`);
    await passes(port, { minVersion: "TLSv1.3" });
  });

  it("tells nothing to a client without it", async () => {
    const { port } = await serve(PAIR);
    await expect(fetch(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow();
  });

  const pair = ({ cert, key }: { cert: string; key: string }) => ({ cert, key });
  it.each([
    ["NoClientCert", "", { none: true, ours: true, foreign: true }],
    ["RequestClientCert", "", { none: true, ours: true, foreign: true }],
    ["RequireAnyClientCert", "", { none: false, ours: true, foreign: true }],
    ["VerifyClientCertIfGiven", "client_ca_file: ca.crt", { none: true, ours: true, foreign: false }],
    ["RequireAndVerifyClientCert", "client_ca_file: ca.crt", { none: false, ours: true, foreign: false }],
  ])("%s lets in whom its name says", async (mode, more, allowed) => {
    const { port } = await serve([PAIR, `client_auth_type: ${mode}`, ...(more ? [more] : [])].join(", "));
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      await (allowed.none ? passes : fails)(port, { maxVersion });
      await (allowed.ours ? passes : fails)(port, { maxVersion, ...pair(client) });
      await (allowed.foreign ? passes : fails)(port, { maxVersion, ...pair(unknown) });
    }
  });

  it("lets in only certificates with an allowed name, spelled exactly so", async () => {
    const VERIFY = `${PAIR}, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert`;
    for (const [allowed, right] of [
      ["prometheus.internal", true],
      ["2001:db8::1", true],
      ["*.internal", false],
      ["internal", false],
      ["client", false],
    ] as const) {
      const { port } = await serve(`${VERIFY}, client_allowed_sans: ["${allowed}"]`);
      await (right ? passes : fails)(port, pair(client));
    }
  });

  it("takes a new certificate for new connections, and cuts no open one", async () => {
    copyFileSync(server.certFile, join(folder, "live.crt"));
    copyFileSync(server.keyFile, join(folder, "live.key"));
    const { port } = await serve("cert_file: live.crt, key_file: live.key");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    const { subject, from } = await get(port, { agent });
    expect(subject).toBe("CN=server");
    copyFileSync(successor.certFile, join(folder, "live.crt"));
    copyFileSync(successor.keyFile, join(folder, "live.key"));
    await eventually(
      "the new certificate is shown",
      async () => (await get(port)).subject === "CN=successor",
    );
    expect((await get(port, { agent })).from).toBe(from);
  });

  it("follows links that are swapped, as those of mounted secrets are", async () => {
    const link = (target: string, of: string) => {
      rmSync(join(folder, "next"), { force: true });
      symlinkSync(target, join(folder, "next"));
      renameSync(join(folder, "next"), join(folder, of));
    };
    link("server.crt", "linked.crt");
    link("server.key", "linked.key");
    const { port } = await serve("cert_file: linked.crt, key_file: linked.key");
    link("successor.crt", "linked.crt");
    link("successor.key", "linked.key");
    await eventually(
      "the new certificate is shown",
      async () => (await get(port)).subject === "CN=successor",
    );
  });

  it("lets no client in by a session from before its authority was dropped", async () => {
    const verify = (ca: string) =>
      `${PAIR}, client_ca_file: ${ca}, client_auth_type: RequireAndVerifyClientCert`;
    const { port, rewrite } = await serve(verify("ca.crt"));
    const socket = connect({
      port,
      ca: ca.cert,
      servername: "localhost",
      maxVersion: "TLSv1.2",
      ...pair(client),
    });
    const session = await new Promise<Buffer>((resolve) => socket.once("session", resolve));
    socket.destroy();
    expect((await get(port, { maxVersion: "TLSv1.2", ...pair(client), session })).reused).toBe(true);
    rewrite(verify("stranger.crt"));
    await eventually("the other authority counts", () =>
      get(port, pair(unknown)).then(
        () => true,
        () => false,
      ),
    );
    await fails(port, { maxVersion: "TLSv1.2", ...pair(client), session });
  });

  it("keeps what was valid where a file breaks, and warns once", async () => {
    const { port, rewrite, messages } = await serve(PAIR);
    const invalid = () => messages.filter((message) => message.includes("is not valid")).length;
    rewrite("cert_file: server.crt, key_file: client.key");
    await eventually("it has warned", () => invalid() === 1);
    await passes(port);
    rewrite("cert_file: successor.crt, key_file: successor.key");
    await eventually(
      "the new certificate is shown",
      async () => (await get(port)).subject === "CN=successor",
    );
    expect(invalid()).toBe(1);
  });

  it("changes neither on or off nor who must have a certificate without a restart, and says so", async () => {
    const { port, rewrite, messages } = await serve(PAIR);
    rewrite(`${PAIR}, client_auth_type: RequireAnyClientCert`);
    await eventually("it has warned", () => messages.filter((text) => text.includes("restart")).length === 1);
    await passes(port);
    rewrite("");
    await eventually("it has warned", () => messages.filter((text) => text.includes("restart")).length === 2);
    await passes(port);
  });

  it("binds the host name to TLS only where it is told to", async () => {
    const plain = await serve(PAIR);
    expect((await get(plain.port)).headers).not.toHaveProperty("strict-transport-security");
    const strict = await serve(
      PAIR,
      "http_server_config: {headers: {Strict-Transport-Security: max-age=60}}",
    );
    expect((await get(strict.port)).headers).toHaveProperty("strict-transport-security", "max-age=60");
  });
});
