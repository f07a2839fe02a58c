import { expect, it } from "vitest";
import type { ProvenLint } from "../support/dashboards/lint.ts";
import * as among from "../support/dashboards/lints/among.ts";
import * as layout from "../support/dashboards/lints/layout.ts";
import * as literals from "../support/dashboards/lints/literals.ts";
import * as settings from "../support/dashboards/lints/settings.ts";
import { describeLints } from "../support/dashboards/prove.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import { annotated, board, boardWith, series, variable } from "../support/dashboards/sound-board.ts";

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

describeLints([...OF_PAGES, ...OF_PLACES]);

it("each dashboard of sites.ts is there", () => {
  expect(among.missing(BOARDS)).toEqual([]);
  expect(among.missing([board()])).toContain("tts-slo");
});

it("no two dashboards have one uid or title", () => {
  expect(among.twins(BOARDS)).toEqual([]);
  expect(among.twins([board(), board({ uid: "tts-slo" })])).toEqual(["Workers"]);
  expect(among.twins([board(), board({ title: "SLO" })])).toEqual(["tts-workers"]);
});
