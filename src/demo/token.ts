import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Token {
  token: string;
  /** the file that holds it */
  path: string;
}

/** Makes the token that opens what changes something in the exporter's API: a new one for each demo. */
export function writeToken(folder: string): Token {
  const token = randomBytes(32).toString("hex");
  const path = join(folder, "api-token");
  // The mode counts only where the file is new.
  rmSync(path, { force: true });
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return { token, path };
}
