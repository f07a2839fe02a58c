import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { promqlOf, withoutVariables } from "../support/dashboards/queries.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import { query } from "../support/dashboards/sound-board.ts";
import { describeWith, runProgram } from "../support/programs.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith("promtool", "the installed Prometheus", (promtool) => {
  const check = (boards: typeof BOARDS) => {
    const rules = boards.flatMap((board) =>
      promqlOf(board).map(({ expr }, index) => ({
        record: `dashboard:${board.uid?.replaceAll("-", "_")}:${index}`,
        expr: withoutVariables(expr),
      })),
    );
    const path = join(folder, "dashboards.yml");
    writeFileSync(path, stringify({ groups: [{ name: "dashboards", rules }] }));
    return { ...runProgram(promtool, "check", "rules", path), count: rules.length };
  };

  it("parses every query of the dashboards", () => {
    const { status, output, count } = check(BOARDS);
    expect(status, output).toBe(0);
    expect(output).toContain(`${count} rules found`);
  });

  it("refuses a function that it does not know", () => {
    expect(check([query("nothing(up)")])).toMatchObject({ status: 1 });
  });
});
