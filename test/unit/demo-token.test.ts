import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeToken } from "../../src/demo/token.ts";
import { makeFolder } from "../support/temporary-server.ts";

test("each demo has a token of its own, in a file that only its user reads, whatever was there before", () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "api-token"), "left behind", { mode: 0o644 });
  const tokens = [writeToken(folder), writeToken(folder)].map(({ token }) => token);
  const { token, path } = writeToken(folder);
  expect(readFileSync(path, "utf8")).toBe(`${token}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new Set([...tokens, token]).size).toBe(3);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  rmSync(folder, { recursive: true });
});
