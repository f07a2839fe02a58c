import { afterAll } from "vitest";

type Check = () => void | Promise<void>;

const checks: Check[] = [];

// Imported before the file registers hooks of its own, so this one runs after them all.
afterAll(async () => {
  const results = await Promise.allSettled(checks.reverse().map(async (check) => await check()));
  const failures = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
  if (failures.length > 1) throw new Error(failures.map(String).join("\n"));
  if (failures.length === 1) throw failures[0];
});

/** Runs at the end of the test file whatever the other checks say; what it throws fails the file. */
export function atEndOfFile(check: Check): void {
  checks.push(check);
}
