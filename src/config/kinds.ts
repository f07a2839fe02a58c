import { z } from "zod";
import { parseListenAddress } from "../domain/address.ts";
import { formatDuration, LONGEST_SPAN, parseDuration } from "../domain/duration.ts";

/** What a setting's text may be: `accepts` completes "must be …" in errors, `placeholder` stands in the help. */
export interface Kind<T = unknown> {
  schema: z.ZodType<T, string>;
  placeholder: string;
  accepts: string;
}

/** A schema from the parser's own notion of what it accepts: it throws RangeError for the rest. */
export function parsedBy<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch {
      context.addIssue("does not parse");
      return z.NEVER;
    }
  });
}

function durationFrom(shortest: string, longest: string): Kind<number> {
  const [min, max] = [parseDuration(shortest), parseDuration(longest)];
  return {
    schema: parsedBy(parseDuration).pipe(z.number().min(min).max(max)),
    placeholder: "DURATION",
    accepts: `a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 250ms, 5s or 40m`,
  };
}

// Node.js' timers hold 24.8 days; what is longer they fire at once.
/** An interval or a deadline. */
export const period = durationFrom("1ms", "24d");
/** Something to wait for at most, or not at all. */
export const wait = durationFrom("0s", "24d");
/** A stretch of the past, which no timer waits for. */
export const span = durationFrom("0s", LONGEST_SPAN);

export const flag: Kind<boolean> = {
  schema: z.stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" }),
  placeholder: "",
  accepts: "true or false",
};

/** Both bounds may be reached. */
export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    schema: z
      .string()
      .regex(/^\d{1,10}$/)
      .transform(Number)
      .pipe(z.int().min(min).max(max)),
    placeholder: "N",
    accepts: `a whole number from ${min} to ${max}`,
  };
}

/** Digits with or without a fraction; both bounds may be reached. */
export function decimal(min: number, max: number): Kind<number> {
  return {
    schema: z
      .string()
      .regex(/^\d{1,10}(\.\d{1,10})?$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)),
    placeholder: "N",
    accepts: `a number from ${min} to ${max}`,
  };
}

/** One of these words, in this very spelling. */
export function oneOf<const Word extends string>(...words: Word[]): Kind<Word> {
  return { schema: z.enum(words), placeholder: words.join("|"), accepts: words.join(" or ") };
}

export const directory: Kind<string> = {
  schema: z.string().regex(/^[^\0]*\S[^\0]*$/),
  placeholder: "DIR",
  accepts: "a directory's path",
};

export const file: Kind<string> = { ...directory, placeholder: "FILE", accepts: "a file's path" };

/** A page's address, to which a path is added. */
export const webUrl: Kind<string> = {
  schema: z
    .string()
    .refine(isWebUrl)
    .transform((text) => text.replace(/\/+$/, "")),
  placeholder: "HTTP-URL",
  accepts: "a URL like https://grafana.example.org, without user, query and fragment",
};

function isWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === "");
}

/** Origins as browsers send them. */
export const origins: Kind<string[]> = {
  schema: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.string().refine((text) => isWebUrl(text) && new URL(text).origin === text))),
  placeholder: "ORIGIN,…",
  accepts: "origins like https://pages.example.org, separated by commas",
};

/** A name that is quoted where it reaches SQL, so its characters are free; PostgreSQL cuts it at 63 bytes. */
export const roleName: Kind<string> = {
  schema: z
    .string()
    .regex(/^\P{Cc}+$/u)
    .refine((name) => Buffer.byteLength(name) <= 63),
  placeholder: "ROLE",
  accepts: "a PostgreSQL role's name of at most 63 bytes",
};

export const listenAddress = {
  schema: parsedBy(parseListenAddress),
  placeholder: "[HOST]:PORT",
  accepts: "[host]:port with a port from 0 to 65535, such as :9560",
} satisfies Kind;

/** Segments that begin with a letter or digit: no pattern of the router's, and never under /-/. */
export const telemetryPath: Kind<string> = {
  schema: z
    .string()
    .max(200)
    .regex(/^(\/[a-z0-9][a-z0-9._~-]*)+$/i)
    .refine((path) => !/^\/(api|sd|monitor|openapi\.json)(\/|$)/i.test(path)),
  placeholder: "PATH",
  accepts: "a path such as /metrics that is not one of the exporter's own",
};

export const databaseUrl: Kind<string> = {
  schema: z.string().refine(isPostgresUrl),
  placeholder: "URL",
  accepts: "a URL like postgres://user:password@host:5432/database",
};

/** Where to LISTEN, or the word that it is not wanted. */
export const listenUrl: Kind<string> = {
  schema: z.string().refine((text) => text === "none" || isPostgresUrl(text)),
  placeholder: "URL|none",
  accepts: "a URL like postgres://user:password@host:5432/database, or none",
};

/** The URL to LISTEN on, the database's own unless another was given; undefined where it is not wanted. */
export function whereToListen(given: string | undefined, databaseUrl: string): string | undefined {
  return given === "none" ? undefined : (given ?? databaseUrl);
}

function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname } = new URL(text);
  try {
    // The driver decodes these when it connects, and would throw only then.
    [username, password, pathname].map(decodeURIComponent);
  } catch {
    return false;
  }
  return protocol === "postgres:" || protocol === "postgresql:";
}
