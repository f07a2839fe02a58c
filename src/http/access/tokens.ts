import { createHash, timingSafeEqual } from "node:crypto";
import { ConfigError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { type ReadFile, readable, warnWhereOpen } from "./live-files.ts";

/** Tokens that open the endpoints which change something. */
export interface Tokens {
  /** the name of the token; undefined: there is no such token */
  nameOf(token: string): string | undefined;
}

const SHORT = 32;
// What a header `Authorization: Bearer …` can carry (RFC 6750).
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
// Shorter than a good token, so that one that stands in the wrong place is not taken for a name, which gets logged.
const NAME = /^[A-Za-z0-9_.-]{1,31}$/;

/**
 * A token a line, optionally after a name and white space; blank lines and those that begin with # do not count.
 * @throws ConfigError that names the line, and never tells it
 */
export async function loadTokens(path: string, read: ReadFile, log: Logger): Promise<Tokens> {
  const lines = (await readable(read, path, "the file")).replace(/^\uFEFF/, "").split(/\r?\n/);
  const tokens = lines.flatMap((line, index) => {
    const words = line.trim().split(/\s+/);
    const [first = ""] = words;
    if (first === "" || first.startsWith("#")) return [];
    const where = `line ${index + 1}`;
    const [name, token = ""] = words.length === 1 ? [where, first] : words;
    if (words.length > 2 || !TOKEN.test(token) || (words.length === 2 && !NAME.test(first))) {
      throw new ConfigError(
        `${where} must be a token of A-Z a-z 0-9 . _ ~ + / -, or a name of up to 31 characters and a token`,
      );
    }
    if (token.length < SHORT)
      log.warn({ token: name }, `a token has less than ${SHORT} characters: it can be guessed`);
    return [{ name, hash: sha256(token) }];
  });
  if (tokens.length === 0) throw new ConfigError("the file holds no token");
  await warnWhereOpen(path, log);
  return {
    nameOf(given) {
      const hash = sha256(given);
      // All of them, always: the time tells nothing.
      return tokens.filter((token) => timingSafeEqual(token.hash, hash))[0]?.name;
    },
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
