import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenMetrics } from "../../scripts/generate/golden-metrics.ts";
import { expectInvariants, lintMetrics, parseExposition, parseStrictly } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith, describeWithPythonClient } from "../support/programs.ts";

const golden = () => readFileSync("test/golden/metrics.txt", "utf8");
const database = useTestDatabase();

describe("the golden /metrics", () => {
  it("is what the exporter answers for the same rows today: a renamed metric is a breaking change", async () => {
    expect(await goldenMetrics(database())).toBe(golden());
  });

  it("names every metric of the database's plane and holds the contract's invariants, without a duplicate", () => {
    const lines = parseExposition(golden());
    expectInvariants(lines);
    const families = new Set([...golden().matchAll(/^# TYPE (tts_db_\w+)/gm)].map(([, name]) => name));
    expect(families.size).toBe(27);
  });
});

describeWith("promtool", "promtool on the golden /metrics", () => {
  it("finds nothing", () => expect(lintMetrics(golden())).toBe(""));
});

describeWithPythonClient("the strict OpenMetrics parser on the golden /metrics", () => {
  it("accepts it", () => expect(parseStrictly(golden())).toBeGreaterThan(35));
});
