import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { MIGRATIONS_DIR } from "../../src/db/schema.ts";

const NAMES = readdirSync(MIGRATIONS_DIR).sort();

it("migrations are numbered without a gap, and say a program of before or nothing", () => {
  const read = NAMES.map(
    (name) => /^(\d{4})_[a-z0-9_]+(?:\.from_(\d{4}))?\.sql$/.exec(name) ?? expect.fail(name),
  );
  expect(read.map(([, number]) => Number(number))).toEqual(NAMES.map((_, index) => index + 1));
  for (const [name, number = "", oldest] of read) {
    if (oldest !== undefined) expect(Number(oldest), name).toBeLessThan(Number(number));
  }
});
