import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { subjectAltNames } from "../../src/http/access/client-certificate.ts";
import { createAuthority, describeWithOpenssl } from "../support/certificates.ts";
import { useWebConfigs } from "../support/web-config.ts";

const { folder, load, refusal } = useWebConfigs();

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
