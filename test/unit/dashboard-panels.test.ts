import { expect, it } from "vitest";
import { THRESHOLDS } from "../../prometheus/src/objectives.ts";
import type { ProvenLint } from "../support/dashboards/lint.ts";
import { MEANT, states } from "../support/dashboards/lints/colours.ts";
import * as fields from "../support/dashboards/lints/fields.ts";
import * as legends from "../support/dashboards/lints/legends.ts";
import * as panels from "../support/dashboards/lints/panels.ts";
import * as thresholds from "../support/dashboards/lints/thresholds.ts";
import { describeLints } from "../support/dashboards/prove.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import { board, query, series, shown, table } from "../support/dashboards/sound-board.ts";

const step = (value: number | null) => ({ value, color: "red" });
const steps = (...values: number[]) => ({ thresholds: { steps: [step(null), ...values.map(step)] } });
const columnOf = (properties: unknown[], column = "Age") => ({
  fieldConfig: {
    defaults: { noValue: "none" },
    overrides: [{ matcher: { id: "byName", options: column }, properties }],
  },
});

const OF_PANELS: ProvenLint[] = [
  {
    claim: "has panels of types that every Grafana has, none of them a pie",
    lint: panels.type,
    broken: ["piechart", "graph", "table-old", "singlestat", "alertlist"].map((type) => series({ type })),
  },
  { claim: "gives each panel a title", lint: panels.title, broken: [series({ title: " " })] },
  {
    claim: "gives each row a title",
    lint: panels.rowTitles,
    broken: [board({ panels: [{ type: "row", id: 1, panels: [], gridPos: { x: 0, y: 0, w: 24, h: 1 } }] })],
  },
  {
    claim: "says of each panel what is normal and what to do",
    lint: panels.description,
    broken: [series({ description: undefined }), series({ description: "Event loop lag." })],
  },
  {
    claim: "says in words that there is no data",
    lint: panels.noValue,
    broken: [shown({ noValue: undefined }), shown({ noValue: "" })],
  },
  {
    claim: "gives each panel a unit or words for its values, and each column of numbers",
    lint: fields.unit,
    broken: [
      shown({ unit: undefined }),
      table(columnOf([{ id: "decimals", value: 0 }])),
      table({ targets: [{ refId: "A", expr: "up", format: "table" }] }),
    ],
  },
  {
    claim: "overrides columns and series that are there",
    lint: fields.overrides,
    broken: [
      table(columnOf([{ id: "unit", value: "s" }], "Aeg")),
      shown({}, [{ matcher: { id: "byName", options: "complete" }, properties: [] }]),
    ],
  },
  {
    claim: "shows only columns that the queries give",
    lint: fields.columns,
    broken: [
      table({
        targets: [{ refId: "A", expr: "up", format: "table" }],
        transformations: [{ id: "filterFieldsByName", options: { include: { names: ["jbo"] } } }],
      }),
    ],
  },
  {
    claim: "asks something in each panel, each query by a letter of its own",
    lint: panels.targets,
    broken: [
      series({ targets: [] }),
      query(""),
      query("up", { refId: "" }),
      series({
        targets: [
          { refId: "A", expr: "up" },
          { refId: "A", expr: "up" },
        ],
      }),
    ],
  },
  {
    claim: "takes all data from the data sources that are chosen",
    lint: panels.dataSource,
    broken: [
      series({ datasource: undefined }),
      series({ datasource: { type: "prometheus", uid: "tts-prometheus" } }),
      query("up", { datasource: { type: "prometheus", uid: "abc" } }),
      query("up", { rawSql: "select 1" }),
    ],
  },
  {
    claim: "reduces series to a value",
    lint: panels.reducers,
    broken: [series({ options: { reduceOptions: { calcs: [] } } })],
  },
  {
    claim: "gives a series one row in tables",
    lint: panels.instantTables,
    broken: [
      table({ targets: [{ refId: "A", expr: "up", format: "table", range: true }] }),
      table({ targets: [{ refId: "A", expr: "up", instant: true }] }),
    ],
  },
  {
    claim: "shows a legend where there is more than one series",
    lint: legends.shown,
    broken: [series({ options: { legend: { showLegend: false } } }), series({ options: {} })],
  },
  {
    claim: "changes colours where an alert fires, or says why elsewhere",
    lint: thresholds.steps,
    broken: [
      shown(steps(0.4)),
      shown(steps(THRESHOLDS.stuckSeconds)),
      table(columnOf([{ id: "thresholds", value: steps(31).thresholds }])),
    ],
  },
  {
    claim: "gives each state its colour, on lines and in tables",
    lint: states,
    broken: [
      shown({ mappings: [{ type: "value", options: { failed: { color: "orange" } } }] }),
      shown({ mappings: [{ type: "value", options: { 0: { text: "lost", color: "blue" } } }] }),
      shown({}, [
        {
          matcher: { id: "byName", options: "failed" },
          properties: [{ id: "color", value: { fixedColor: "blue" } }],
        },
      ]),
      table(
        columnOf([{ id: "mappings", value: [{ type: "value", options: { timeout: { color: "red" } } }] }]),
      ),
    ],
  },
  {
    claim: "has colours for all values, from minus infinity up",
    lint: thresholds.rising,
    broken: [shown(steps(1, 0.5)), shown({ thresholds: { steps: [step(0)] } })],
  },
];

describeLints(OF_PANELS);

it("failed is red, timeout orange and completed green", () => {
  expect(MEANT).toMatchObject({ failed: "red", timeout: "orange", completed: "green" });
});

it("each reason for a step of colour belongs to one", () => {
  expect(thresholds.idleReasons(BOARDS)).toEqual([]);
  expect(thresholds.idleReasons([])).not.toEqual([]);
});
