import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compareSync } from "bcryptjs";
import { afterAll, describe, expect, it } from "vitest";
import { subjectAltNames } from "../../src/http/access/client-certificate.ts";
import { network } from "../../src/http/access/failures.ts";
import { createLogin } from "../../src/http/access/login.ts";
import { loadWebConfig } from "../../src/http/access/web-config.ts";
import { createAuthority, describeWithOpenssl } from "../support/certificates.ts";
import { makeFolder } from "../support/temporary-server.ts";

const SECRET = "hunter2-the-secret";
// Of "secret", of cost 4.
const HASH = "$2b$04$C6UzMDM.H6dfI/f/IKxGhuN/vcQ0vrXOnN1w9LZ4Cnd1p3ZKkmc9m";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const load = (text: string, name = "web.yml") => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return loadWebConfig(path, (file) => readFile(file, "utf8"));
};
const refusal = (text: string) =>
  load(text).then(
    () => expect.fail(`accepted: ${text}`),
    (error: Error) => {
      expect(error.name).toBe("ConfigError");
      expect(error.message).not.toContain(SECRET);
      return error.message;
    },
  );

describe("a web configuration file", () => {
  it("is plain HTTP, open to all, where it is empty or its sections are", async () => {
    for (const text of [
      "",
      "# nothing\n",
      "{}",
      "tls_server_config:\nbasic_auth_users:\nhttp_server_config: {}",
    ]) {
      expect(await load(text)).toMatchObject({ tls: undefined, users: new Map(), headers: {} });
    }
  });

  it("takes users, and the five headers that exporters may set", async () => {
    const { users, headers } = await load(`
basic_auth_users:
  alice: ${HASH}
  1234: ${HASH.replace("2b", "2y")}
http_server_config:
  http2: false
  headers:
    Content-Security-Policy: default-src 'self'
    X-Frame-Options: sameorigin
    X-Content-Type-Options: nosniff
    X-XSS-Protection: "0"
    Strict-Transport-Security: max-age=60`);
    expect([...users.keys()].sort()).toEqual(["1234", "alice"]);
    expect(headers).toEqual({
      "Content-Security-Policy": "default-src 'self'",
      "X-Frame-Options": "sameorigin",
      "X-Content-Type-Options": "nosniff",
      "X-XSS-Protection": "0",
      "Strict-Transport-Security": "max-age=60",
    });
  });

  it.each([
    [`basic_auth_user: {a: ${SECRET}}`, "there is no key basic_auth_user"],
    [`tls_server_config: {certfile: ${SECRET}}`, "there is no key tls_server_config.certfile"],
    [
      `http_server_config: {headers: {X-Mine: ${SECRET}}}`,
      "there is no key http_server_config.headers.X-Mine",
    ],
    [`http_server_config: {http2: ${SECRET}}`, "http_server_config.http2 must be true or false"],
    [
      `http_server_config: {headers: {X-Frame-Options: ${SECRET}}}`,
      "X-Frame-Options must be deny or sameorigin",
    ],
    [
      `http_server_config: {headers: {X-XSS-Protection: "a\\n${SECRET}"}}`,
      "X-XSS-Protection must be a header's value",
    ],
    [`basic_auth_users: {alice: ${SECRET}}`, "basic_auth_users.alice must be a bcrypt hash"],
    [`basic_auth_users: {alice: ${HASH}${SECRET}}`, "basic_auth_users.alice must be a bcrypt hash"],
    [`basic_auth_users: {alice: $2x$03$${SECRET}}`, "basic_auth_users.alice must be a bcrypt hash"],
    ["basic_auth_users: {alice: 7}", "basic_auth_users.alice must be a bcrypt hash"],
    [`basic_auth_users: [${SECRET}]`, "basic_auth_users must be users"],
    [`tls_server_config: ${SECRET}`, "tls_server_config must be a section of keys"],
    [SECRET, "the file must be a section of keys"],
    [`a: 1\n  b: ${SECRET}: ${SECRET}\n`, "line 1 is not valid YAML"],
    [`basic_auth_users:\n  a: ${HASH}\n  a: ${HASH}\n`, "line 3 is not valid YAML"],
    [`a: *${SECRET}`, "aliases cannot be resolved"],
    ["tls_server_config: {min_version: TLS12}", "tls_server_config needs cert_file or cert"],
    [`tls_server_config: {cert: ${SECRET}}`, "tls_server_config needs key_file or key"],
    [`tls_server_config: {cert: ${SECRET}, key: ${SECRET}}`, "cert or cert_file holds no certificate in PEM"],
    [`tls_server_config: {cert: a, cert_file: ${SECRET}, key: b}`, "cert and cert_file exclude each other"],
    [
      "tls_server_config: {cert_file: missing.crt, key: b}",
      "cert_file cannot be read: there is no such file",
    ],
    ["tls_server_config: {cert_file: ., key: b}", "cert_file cannot be read: EISDIR"],
    [`tls_server_config: {min_version: ${SECRET}}`, "min_version must be TLS12 or TLS13"],
    [
      "tls_server_config: {min_version: TLS11}",
      "min_version must be TLS12 or TLS13: older versions are broken",
    ],
    [
      "tls_server_config: {max_version: TLS10}",
      "max_version must be TLS12 or TLS13: older versions are broken",
    ],
    [
      `tls_server_config: {cipher_suites: [${SECRET}]}`,
      "cipher_suites.0 must be one of Go's secure cipher suites",
    ],
    ["tls_server_config: {cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}", "cipher_suites.0 must be one of Go's"],
    [`tls_server_config: {curve_preferences: [${SECRET}]}`, "curve_preferences.0 must be some of CurveP256"],
    [
      `tls_server_config: {client_auth_type: ${SECRET}}`,
      "client_auth_type must be NoClientCert, RequestClientCert",
    ],
    [
      "tls_server_config: {client_allowed_sans: [a], client_auth_type: VerifyClientCertIfGiven}",
      "client_allowed_sans needs",
    ],
    ["tls_server_config: {client_allowed_sans: []}", "client_allowed_sans must not be empty"],
    [`tls_server_config: {prefer_server_cipher_suites: ${SECRET}}`, "must be true or false"],
  ])("is refused by the key and without a value: %s", async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  it("is refused where it is not there", async () => {
    const path = join(folder, "missing.yml");
    await expect(loadWebConfig(path, (file) => readFile(file, "utf8"))).rejects.toThrow(
      "the file cannot be read: there is no such file",
    );
  });
});

describeWithOpenssl("the TLS section", () => {
  const ca = createAuthority(folder);
  const server = ca.issue("server");
  const other = ca.issue("other");
  const PAIR = "cert_file: server.crt, key_file: server.key";

  it("takes every key, in Go's names, with paths from its own folder", async () => {
    mkdirSync(join(folder, "sub"));
    const { tls, secretFiles } = await load(
      `tls_server_config:
  cert_file: ../server.crt
  key_file: ${server.keyFile}
  client_ca_file: ../ca.crt
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.internal]
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]
  min_version: TLS12
  max_version: TLS13
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]`,
      "sub/web.yml",
    );
    expect(tls).toEqual({
      clientAuth: "RequireAndVerifyClientCert",
      allowedSans: ["prometheus.internal"],
      context: {
        cert: server.cert,
        key: server.key,
        ca: ca.cert,
        minVersion: "TLSv1.2",
        maxVersion: "TLSv1.3",
        honorCipherOrder: false,
        ecdhCurve: "X25519:P-256",
        ciphers:
          "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:" +
          "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
      },
    });
    expect(secretFiles).toEqual([join(folder, "sub/web.yml"), server.keyFile]);
  });

  it("takes certificate and key that stand in the file itself", async () => {
    const indented = (pem: string) => pem.replaceAll(/^/gm, "    ");
    const { tls } = await load(
      `tls_server_config:\n  cert: |\n${indented(server.cert)}\n  key: |\n${indented(server.key)}\n`,
    );
    expect(tls?.clientAuth).toBe("NoClientCert");
    expect(tls?.context.ciphers).not.toMatch(/RC4|3DES|NULL|DHE-RSA-AES128-SHA256|(^|:)AES/);
  });

  it.each([
    [
      "cert_file: server.crt, key_file: other.key",
      "the key of tls_server_config does not fit its certificate",
    ],
    ["cert_file: server.key, key_file: server.key", "cert or cert_file holds no certificate in PEM"],
    ["cert_file: server.crt, key_file: server.crt", "key or key_file holds no private key in PEM"],
    [`${PAIR}, min_version: TLS13, max_version: TLS12`, "min_version must not be above max_version"],
    [`${PAIR}, client_ca_file: ca.crt`, "client_ca_file needs a client_auth_type"],
    [
      `${PAIR}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: server.key`,
      "client_ca or client_ca_file holds",
    ],
  ])("is refused where its parts do not go together: %s", async (keys, message) => {
    const said = await refusal(`tls_server_config: {${keys}}`);
    expect(said).toContain(message);
    for (const pem of [other.key, server.key]) expect(said).not.toContain(pem.slice(40, 60));
  });
});

describe("the names of a client's certificate", () => {
  it.each([
    ["DNS:a.example, DNS:*.b.example", ["a.example", "*.b.example"]],
    ["IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1", ["192.0.2.1", "2001:db8::1"]],
    ["email:a@b.example, URI:spiffe://x/y", ["a@b.example", "spiffe://x/y"]],
    ["othername:<unsupported>, DNS:a", ["a"]],
    ['DNS:"evil, DNS:admin"', ["evil, DNS:admin"]],
    ['DirName:"CN = x, DNS:admin, y", DNS:a', ["a"]],
    [undefined, []],
  ])("are read from %s, and none is made up", (text, names) => {
    expect(subjectAltNames(text)).toEqual(names);
  });
});

describe("a network, whose failures count together", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ])("of %j is %j", (address, expected) => {
    expect(network(address)).toBe(expected);
  });
});

describe("logging in", () => {
  const users = new Map([
    ["cheap", HASH],
    ["dear", HASH.replace("$04$", "$11$")],
  ]);
  const free = async () => async () => {};
  const counted = (answer: boolean) => {
    const calls: string[] = [];
    const compare = async (_password: unknown, hash: unknown) => {
      calls.push(String(hash));
      return answer;
    };
    return { calls, login: createLogin(users, compare) };
  };

  it("costs an unknown user as much as the dearest known one, and never lets him in", async () => {
    const { calls, login } = counted(true);
    expect(await login.check({ user: "nobody", password: "x" }, free)).toBe(false);
    expect(calls).toEqual([expect.stringMatching(/^\$2b\$11\$[./A-Za-z0-9]{53}$/)]);
    // It is computed with like any other, so it costs what its cost says.
    expect(compareSync("x", String(calls[0]).replace("$11$", "$04$"))).toBe(false);
  });

  it("computes once for a thousand right logins at once, and never again", async () => {
    const { calls, login } = counted(true);
    let begun = 0;
    let forgiven = 0;
    const begin = async () => {
      begun++;
      return async () => void forgiven++;
    };
    const check = () => login.check({ user: "cheap", password: "secret" }, begin);
    expect(new Set(await Promise.all(Array.from({ length: 1000 }, check)))).toEqual(new Set([true]));
    expect(await check()).toBe(true);
    expect([calls.length, begun, forgiven]).toEqual([1, 1, 1]);
  });

  it("computes for a wrong login each time, and forgives nothing", async () => {
    const { calls, login } = counted(false);
    const begin = async () => async () => expect.fail("forgiven");
    for (let time = 0; time < 3; time++) {
      expect(await login.check({ user: "cheap", password: "wrong" }, begin)).toBe(false);
    }
    expect(calls).toEqual([HASH, HASH, HASH]);
  });

  it("does not take one user's password for another's", async () => {
    const { calls, login } = counted(true);
    await login.check({ user: "cheap", password: 'x","y' }, free);
    await login.check({ user: 'cheap","x', password: "y" }, free);
    expect(calls.length).toBe(2);
  });

  it("ends before it computes where it may not begin", async () => {
    const { calls, login } = counted(true);
    const begin = async () => Promise.reject(new Error("blocked"));
    await expect(login.check({ user: "cheap", password: "x" }, begin)).rejects.toThrow("blocked");
    expect(calls).toEqual([]);
  });
});
