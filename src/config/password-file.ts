import { readFileSync } from "node:fs";
import { ConfigError } from "../errors.ts";

/**
 * The database's URL with the password that stands in a file, unless it has one of its own. A line break at the
 * file's end is no part of it.
 * @param source what the user calls the file's setting
 * @throws ConfigError where the file cannot be read or is empty, or the URL has no host to log in at
 */
export function withPasswordOf(file: string, url: string, source: string): string {
  const completed = new URL(url);
  if (completed.password !== "") return url;
  // The setter leaves a % as it is, and the driver decodes it.
  completed.password = encodeURIComponent(passwordIn(file, source));
  if (completed.password === "") throw new ConfigError(`${source} wants a host in the database's URL`);
  return completed.href;
}

function passwordIn(file: string, source: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${source} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw new ConfigError(`${source} is empty`);
  return password;
}
