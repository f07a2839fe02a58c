import { validateHeaderValue } from "node:http";
import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { type ReadFile, readable } from "./live-files.ts";
import { type TlsConfig, tlsConfig, tlsSection } from "./tls-config.ts";

/** What a web configuration says. */
export interface WebConfig {
  /** undefined: plain HTTP */
  tls: TlsConfig | undefined;
  /** bcrypt hashes by user; none: open to all */
  users: ReadonlyMap<string, string>;
  /** in every answer; "": not even the one that would be there */
  headers: Readonly<Record<string, string | undefined>>;
  /** the files that hold secrets */
  secretFiles: readonly string[];
}

const HASH_RULE = "must be a bcrypt hash, like those of htpasswd -B";
const bcryptHash = z
  .string(HASH_RULE)
  .regex(/^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/, HASH_RULE);

const HEADER_RULE = "must be a header's value";
const header = z.string(HEADER_RULE).refine(isHeaderValue, HEADER_RULE);

const SECTION_RULE = "must be a section of keys";
const schema = z.strictObject(
  {
    tls_server_config: tlsSection.nullish(),
    http_server_config: z
      .strictObject(
        {
          // Who would speak HTTP/2 speaks HTTP/1.1 as well, which is what there is here.
          http2: z.boolean("must be true or false").optional(),
          headers: z
            .strictObject(
              {
                "Content-Security-Policy": header.optional(),
                "X-Frame-Options": z
                  .enum(["deny", "sameorigin", ""], "must be deny or sameorigin")
                  .optional(),
                "X-Content-Type-Options": z.enum(["nosniff", ""], "must be nosniff").optional(),
                "X-XSS-Protection": header.optional(),
                "Strict-Transport-Security": header.optional(),
              },
              SECTION_RULE,
            )
            .nullish(),
        },
        SECTION_RULE,
      )
      .nullish(),
    basic_auth_users: z.record(z.string(), bcryptHash, "must be users, each with a bcrypt hash").nullish(),
  },
  SECTION_RULE,
);

function isHeaderValue(value: string): boolean {
  try {
    validateHeaderValue("X-Header", value);
    return true;
  } catch {
    return false;
  }
}

/**
 * A file in the format of Prometheus' exporter-toolkit
 * (https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md). Paths in it are relative to it.
 * @throws ConfigError that names the key, and never tells a value
 */
export async function loadWebConfig(path: string, read: ReadFile): Promise<WebConfig> {
  const given = validated(parseYaml(await readable(read, path, "the file")));
  const tls = given.tls_server_config ?? {};
  const folder = dirname(resolve(path));
  return {
    tls: await tlsConfig(tls, (file, what) => readable(read, resolve(folder, file), what)),
    users: new Map(Object.entries(given.basic_auth_users ?? {})),
    headers: given.http_server_config?.headers ?? {},
    secretFiles: [path, ...(tls.key_file ? [resolve(folder, tls.key_file)] : [])],
  };
}

function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  // Pretty errors quote the file.
  const document = parseDocument(text, { prettyErrors: false, lineCounter, logLevel: "silent" });
  const [error] = document.errors;
  if (error) throw new ConfigError(`line ${lineCounter.linePos(error.pos[0]).line} is not valid YAML`);
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw new ConfigError("the YAML's aliases cannot be resolved", { cause: error });
  }
}

function validated(value: unknown): z.output<typeof schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") {
    throw new ConfigError(`there is no key ${[...issue.path, issue.keys[0]].join(".")}`);
  }
  throw new ConfigError(`${issue?.path.join(".") || "the file"} ${issue?.message ?? "is not valid"}`);
}
