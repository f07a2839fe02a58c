import { expect, it } from "vitest";
import { THRESHOLDS } from "../../prometheus/src/objectives.ts";
import type { ProvenLint } from "../support/dashboards/lint.ts";
import * as among from "../support/dashboards/lints/among.ts";
import { MEANT, states } from "../support/dashboards/lints/colours.ts";
import * as fields from "../support/dashboards/lints/fields.ts";
import * as layout from "../support/dashboards/lints/layout.ts";
import * as legends from "../support/dashboards/lints/legends.ts";
import * as links from "../support/dashboards/lints/links.ts";
import * as literals from "../support/dashboards/lints/literals.ts";
import * as panels from "../support/dashboards/lints/panels.ts";
import * as settings from "../support/dashboards/lints/settings.ts";
import * as thresholds from "../support/dashboards/lints/thresholds.ts";
import * as variables from "../support/dashboards/lints/variables.ts";
import { describeLints } from "../support/dashboards/prove.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import {
  annotated,
  board,
  boardWith,
  link,
  query,
  series,
  shown,
  table,
  variable,
} from "../support/dashboards/sound-board.ts";

const KEPT = "${__url_time_range}&${prometheus:queryparam}&${postgres:queryparam}";
const step = (value: number | null) => ({ value, color: "red" });
const steps = (...values: number[]) => ({ thresholds: { steps: [step(null), ...values.map(step)] } });
const columnOf = (properties: unknown[], column = "Age") => ({
  fieldConfig: {
    defaults: { noValue: "none" },
    overrides: [{ matcher: { id: "byName", options: column }, properties }],
  },
});

const OF_PAGES: ProvenLint[] = [
  {
    claim: "has a uid of sites.ts, a title, a description, the tag tts and no id of a server",
    lint: settings.identity,
    broken: [{ uid: "tts-other" }, { title: "" }, { description: undefined }, { tags: [] }, { id: 7 }].map(
      board,
    ),
  },
  {
    claim: "is not editable, shares its crosshair, keeps the browser's time and refreshes every 30 s",
    lint: settings.commonSettings,
    broken: [{ editable: true }, { graphTooltip: 0 }, { timezone: "utc" }, { refresh: "5s" }].map(board),
  },
  {
    claim: "shows the last six hours at first",
    lint: settings.firstTime,
    broken: [{ time: { from: "now-7d", to: "now" } }, { time: { from: "now-6h", to: "now-1h" } }].map(board),
  },
  {
    claim: "has the menu of all dashboards, which keeps time and variables",
    lint: settings.menu,
    broken: [{}, { asDropdown: false }, { keepTime: false }, { includeVars: false }, { tags: ["x"] }].map(
      (patch) => board({ links: Object.keys(patch).length > 0 ? [{ ...board().links?.[0], ...patch }] : [] }),
    ),
  },
  {
    claim: "marks our firing alerts, starts of workers and versions",
    lint: settings.annotations,
    broken: [
      annotated(0, "ALERTS"),
      annotated(0, 'ALERTS{alertstate="firing", service="tts"}', { datasource: { uid: "abc" } }),
      annotated(1, "up"),
      annotated(2, "up"),
      board({ annotations: { list: [] } }),
    ],
  },
  {
    claim: "marks moments by a value of 1",
    lint: settings.moments,
    broken: [annotated(2, "count by (version) (tts_worker_info)")],
  },
  {
    claim: "hides nothing in the menu of controls",
    lint: settings.hiddenControls,
    broken: [variable("worker", { hide: 3 }), series({ links: [{ placement: "inControlsMenu" }] })],
  },
  {
    claim: "names no host, address or port but the API's, in one hidden constant, and the runbooks'",
    lint: literals.hosts,
    broken: [
      ...["http://grafana/d/x", "localhost", "10.0.0.1", "db.example.org", "exporter:9560"].map((title) =>
        series({ title }),
      ),
      variable("exporter", { hide: 0 }),
    ],
  },
  {
    claim: "holds no secret",
    lint: literals.secrets,
    broken: ["Authorization: Bearer abcdefgh1", "password=hunter2", "postgres://a:b@c"].map((content) =>
      boardWith({ type: "text", options: { content } }),
    ),
  },
];

const OF_VARIABLES: ProvenLint[] = [
  {
    claim: "lets both data sources be chosen",
    lint: variables.dataSources,
    broken: [variable("postgres", { query: "mysql" }), variable("prometheus", { type: "constant" })],
  },
  {
    claim: "has the variables that sites.ts says links may set",
    lint: variables.settable,
    broken: [
      variable("worker", { name: "host" }),
      variable("worker", { skipUrlSync: true }),
      variable("worker", { type: "constant" }),
      variable("worker", { hide: 2 }),
    ],
  },
  {
    claim: "asks for its variables' values again when the time changes, from the chosen data source",
    lint: variables.fresh,
    broken: [variable("worker", { refresh: 1 }), variable("worker", { datasource: { uid: "abc" } })],
  },
  {
    claim: "lets several workers be chosen, and all",
    lint: variables.manyWorkers,
    broken: [{ multi: false }, { includeAll: false }, { type: "textbox" }].map((patch) =>
      variable("worker", patch),
    ),
  },
  {
    claim: "asks Prometheus for the values of a label",
    lint: variables.queries,
    broken: [variable("worker", { query: "query_result(up)" })],
  },
  {
    claim: "uses no variable that it lacks",
    lint: variables.unknown,
    broken: [query('up{job="$job"}'), link("${nowhere}")],
  },
  {
    claim: "uses each of its variables",
    lint: variables.unused,
    broken: [variable("worker", { name: "unused" })],
  },
  { claim: "labels its variables", lint: variables.labelled, broken: [variable("worker", { label: "" })] },
];

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

const OF_PLACES: ProvenLint[] = [
  {
    claim: "gives each panel an id of its own",
    lint: layout.ids,
    broken: [series({ id: 2 }), series({ id: undefined })],
  },
  { claim: "gives no two panels one title", lint: layout.titles, broken: [series({ title: "Tasks" })] },
  {
    claim: "stays inside 24 columns",
    lint: layout.inside,
    broken: [{ x: 20, y: 0, w: 6, h: 6 }, { x: -1, y: 0, w: 6, h: 6 }, undefined].map((gridPos) =>
      series({ gridPos }),
    ),
  },
  {
    claim: "has no panel too small to read",
    lint: layout.size,
    broken: [
      { x: 0, y: 0, w: 4, h: 8 },
      { x: 0, y: 0, w: 8, h: 2 },
    ].map((gridPos) => series({ gridPos })),
  },
  {
    claim: "lays no panel over another",
    lint: layout.overlaps,
    broken: [
      series({ gridPos: { x: 6, y: 0, w: 12, h: 8 } }),
      series({ gridPos: { x: 0, y: 1, w: 12, h: 8 } }),
    ],
  },
];

const OF_LINKS: ProvenLint[] = [
  {
    claim: "links to dashboards that are there",
    lint: links.targetsOfLinks,
    broken: [
      link(`/d/tts-nothing?${KEPT}`),
      link("http://grafana/d/tts-tasks"),
      boardWith({ type: "text", options: { content: "[there](/d/old)" } }),
      board({ links: [{ type: "link", title: "There", url: "/d/old" }] }),
    ],
  },
  {
    claim: "sets in links only variables that the other dashboard has",
    lint: links.variablesOfLinks,
    broken: [
      link(`/d/tts-tasks?var-slo=x&${KEPT}`),
      query('label_replace(up, "page", "/d/tts-tasks?var-slo=x", "", "")'),
      link(`/d/tts-task?\${worker:queryparam}&${KEPT}`),
    ],
  },
  {
    claim: "keeps the time and the data sources in links",
    lint: links.keptByLinks,
    broken: ["/d/tts-tasks?", "${__value.raw}&"].flatMap((page) =>
      KEPT.split("&").map((lost) => link(page + KEPT.replace(lost, ""))),
    ),
  },
];

describeLints([...OF_PAGES, ...OF_VARIABLES, ...OF_PANELS, ...OF_PLACES, ...OF_LINKS]);

it("each dashboard of sites.ts is there", () => {
  expect(among.missing(BOARDS)).toEqual([]);
  expect(among.missing([board()])).toContain("tts-slo");
});

it("no two dashboards have one uid or title", () => {
  expect(among.twins(BOARDS)).toEqual([]);
  expect(among.twins([board(), board({ uid: "tts-slo" })])).toEqual(["Workers"]);
  expect(among.twins([board(), board({ title: "SLO" })])).toEqual(["tts-workers"]);
});

it("failed is red, timeout orange and completed green", () => {
  expect(MEANT).toMatchObject({ failed: "red", timeout: "orange", completed: "green" });
});

it("each reason for a step of colour belongs to one", () => {
  expect(thresholds.idleReasons(BOARDS)).toEqual([]);
  expect(thresholds.idleReasons([])).not.toEqual([]);
});
