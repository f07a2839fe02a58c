import { rmSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { promqlOf, withoutVariables } from "../support/dashboards/queries.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import { query } from "../support/dashboards/sound-board.ts";
import { describeWith } from "../support/programs.ts";
import { checkQueries } from "../support/promtool.ts";
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
    return { ...checkQueries(promtool, folder, rules), count: rules.length };
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
