import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { CIPHERS, CURVES, VERSIONS } from "./tls-names.ts";

const CLIENT_AUTH = [
  "NoClientCert",
  "RequestClientCert",
  "RequireAnyClientCert",
  "VerifyClientCertIfGiven",
  "RequireAndVerifyClientCert",
] as const;
export type ClientAuth = (typeof CLIENT_AUTH)[number];

/** How the server speaks TLS, and to whom. */
export interface TlsConfig {
  context: SecureContextOptions;
  clientAuth: ClientAuth;
  /** undefined: whatever names a client's certificate has */
  allowedSans: readonly string[] | undefined;
}

const filled = z.string("must be a text").min(1, "must not be empty").optional();
const names = (table: ReadonlyMap<string, string>, rule: string) =>
  z
    .array(
      z.string(rule).refine((name) => table.has(name), rule),
      "must be a list",
    )
    .optional();
const version = z.string("must be TLS12 or TLS13").superRefine((name, context) => {
  if (name === "TLS10" || name === "TLS11")
    context.addIssue("must be TLS12 or TLS13: older versions are broken");
  else if (!VERSIONS.has(name)) context.addIssue("must be TLS12 or TLS13");
});

export const tlsSection = z.strictObject(
  {
    cert: filled,
    cert_file: filled,
    key: filled,
    key_file: filled,
    client_ca: filled,
    client_ca_file: filled,
    client_auth_type: z
      .enum(CLIENT_AUTH, `must be ${CLIENT_AUTH.join(", ").replace(/, (?=\w+$)/, " or ")}`)
      .optional(),
    client_allowed_sans: z
      .array(z.string("must be a text"), "must be a list")
      .min(1, "must not be empty")
      .optional(),
    cipher_suites: names(CIPHERS, "must be one of Go's secure cipher suites"),
    curve_preferences: names(CURVES, `must be some of ${[...CURVES.keys()].join(", ")}`),
    min_version: version.optional(),
    max_version: version.optional(),
    prefer_server_cipher_suites: z.boolean("must be true or false").optional(),
  },
  "must be a section of keys",
);
type TlsSection = z.output<typeof tlsSection>;

/**
 * @param read the text of a file; `what` names it in the error
 * @returns undefined where the section is empty
 * @throws ConfigError that names the key
 */
export async function tlsConfig(
  section: TlsSection,
  read: (file: string, what: string) => Promise<string>,
): Promise<TlsConfig | undefined> {
  if (Object.values(section).every((value) => value === undefined)) return undefined;
  const clientAuth = section.client_auth_type ?? "NoClientCert";
  const allowedSans = section.client_allowed_sans;
  if (allowedSans && !clientAuth.startsWith("Require")) {
    throw new ConfigError(
      "client_allowed_sans needs RequireAnyClientCert or RequireAndVerifyClientCert as client_auth_type",
    );
  }
  const pem = async (name: "cert" | "key" | "client_ca") => {
    const [text, file] = [section[name], section[`${name}_file`]];
    if (text !== undefined && file !== undefined)
      throw new ConfigError(`${name} and ${name}_file exclude each other`);
    return file === undefined ? text : await read(file, `${name}_file`);
  };
  const cert = await pem("cert");
  const key = await pem("key");
  const ca = await pem("client_ca");
  if (cert === undefined) throw new ConfigError("tls_server_config needs cert_file or cert");
  if (key === undefined) throw new ConfigError("tls_server_config needs key_file or key");
  if (!certificate(cert, "cert").checkPrivateKey(privateKey(key))) {
    throw new ConfigError("the key of tls_server_config does not fit its certificate");
  }
  if (ca !== undefined) {
    if (clientAuth === "NoClientCert")
      throw new ConfigError("client_ca_file needs a client_auth_type that asks for certificates");
    certificate(ca, "client_ca");
  }
  return {
    context: context(section, { cert, key, ...(ca !== undefined && { ca }) }),
    clientAuth,
    allowedSans,
  };
}

function certificate(pem: string, name: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new ConfigError(`${name} or ${name}_file holds no certificate in PEM`, { cause: error });
  }
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new ConfigError("key or key_file holds no private key in PEM without a passphrase", {
      cause: error,
    });
  }
}

function context(
  section: TlsSection,
  pems: Pick<SecureContextOptions, "cert" | "key" | "ca">,
): SecureContextOptions {
  const { min_version: min = "TLS12", max_version: max = "TLS13" } = section;
  if (min > max) throw new ConfigError("min_version must not be above max_version");
  const curves = section.curve_preferences?.map((name) => CURVES.get(name));
  const options = {
    ...pems,
    minVersion: VERSIONS.get(min),
    maxVersion: VERSIONS.get(max),
    ciphers: opensslCiphers(section.cipher_suites),
    honorCipherOrder: section.prefer_server_cipher_suites ?? true,
    ...(curves?.length && { ecdhCurve: curves.join(":") }),
  } as SecureContextOptions;
  try {
    createSecureContext(options);
  } catch (error) {
    throw new ConfigError("the parts of tls_server_config do not work together", { cause: error });
  }
  return options;
}

/** As in Go, the list is about TLS 1.2 only, and an empty one stands for all secure ones. */
function opensslCiphers(given: readonly string[] = []): string {
  const all = [...CIPHERS];
  const chosen =
    given.length === 0 ? all.map(([, name]) => name) : given.map((name) => CIPHERS.get(name) ?? "");
  const ofTls13 = all.map(([, name]) => name).filter((name) => name.startsWith("TLS_"));
  return [...new Set([...ofTls13, ...chosen])].join(":");
}
