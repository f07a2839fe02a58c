import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadWebConfig } from "../../src/http/access/web-config.ts";
import { HASH, SECRET, useWebConfigs } from "../support/web-config.ts";

const { folder, load, refusal } = useWebConfigs();

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
