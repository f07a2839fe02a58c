import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { describeWith } from "./programs.ts";

interface Certificate {
  certFile: string;
  keyFile: string;
  cert: string;
  key: string;
}

export interface Authority extends Certificate {
  /** A certificate of this authority. @param san as openssl writes it: `DNS:localhost,IP:127.0.0.1` */
  issue(name: string, san?: string): Certificate;
}

/** A suite that needs openssl, which does not know `--version`. */
export function describeWithOpenssl(title: string, define: () => void): void {
  describeWith(
    "openssl",
    title,
    define,
    spawnSync("openssl", ["version"]).status === 0 ? "openssl" : undefined,
  );
}

/** Certificates that nobody else knows, made in the folder. */
export function createAuthority(folder: string, name = "ca"): Authority {
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, expect.anything()]);
  };
  const files = (of: string) => ({ certFile: join(folder, `${of}.crt`), keyFile: join(folder, `${of}.key`) });
  const read = ({ certFile, keyFile }: ReturnType<typeof files>): Certificate => ({
    certFile,
    keyFile,
    cert: readFileSync(certFile, "utf8"),
    key: readFileSync(keyFile, "utf8"),
  });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const own = files(name);
  run(
    "req",
    "-x509",
    ...newKey,
    "-subj",
    `/CN=${name}`,
    "-days",
    "2",
    "-keyout",
    own.keyFile,
    "-out",
    own.certFile,
  );
  return {
    ...read(own),
    issue(of, san = "DNS:localhost,IP:127.0.0.1") {
      const { certFile, keyFile } = files(of);
      const [request, extensions] = [join(folder, `${of}.csr`), join(folder, `${of}.ext`)];
      writeFileSync(extensions, `subjectAltName=${san}\n`);
      run("req", ...newKey, "-subj", `/CN=${of}`, "-keyout", keyFile, "-out", request);
      const by = ["-CA", own.certFile, "-CAkey", own.keyFile, "-CAcreateserial"];
      run("x509", "-req", "-in", request, ...by, "-days", "2", "-extfile", extensions, "-out", certFile);
      return read({ certFile, keyFile });
    },
  };
}
