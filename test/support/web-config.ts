import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { loadWebConfig } from "../../src/http/access/web-config.ts";
import { makeFolder } from "./temporary-server.ts";

/** Of "secret", of cost 4. */
export const HASH = "$2b$04$C6UzMDM.H6dfI/f/IKxGhuN/vcQ0vrXOnN1w9LZ4Cnd1p3ZKkmc9m";

/** What stands in refused files, and in no refusal. */
export const SECRET = "hunter2-the-secret";

/** A folder for web configuration files, until the test file's end. */
export function useWebConfigs() {
  const folder = makeFolder();
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = (text: string, name = "web.yml") => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return loadWebConfig(path, (file) => readFile(file, "utf8"));
  };
  /** The message that the file is refused with. */
  const refusal = (text: string) =>
    load(text).then(
      () => expect.fail(`accepted: ${text}`),
      (error: Error) => {
        expect(error.name).toBe("ConfigError");
        expect(error.message).not.toContain(SECRET);
        return error.message;
      },
    );
  return { folder, load, refusal };
}
