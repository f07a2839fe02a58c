import {
  AnnotationQueryBuilder,
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardLinkBuilder,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { expect, it } from "vitest";
import { finished } from "../../grafana/src/finish.ts";
import { annotationsOf, panelsOf, targetsOf, variablesOf } from "../support/dashboards/read.ts";

const raw = new DashboardBuilder("made by the SDK alone")
  .withRow(new RowBuilder("row"))
  .withPanel(
    new StatBuilder()
      .targets([new DataqueryBuilder().expr("up"), new DataqueryBuilder().expr("down")])
      .dataLinks([new DashboardLinkBuilder("elsewhere")]),
  )
  .withPanel(new StatBuilder())
  .annotation(new AnnotationQueryBuilder().name("event"))
  .link(new DashboardLinkBuilder("menu"))
  .withVariable(new ConstantVariableBuilder("place").value("here"))
  .build();
const mended = finished(raw);
const firstOf = (board: Dashboard) => panelsOf(board)[0] ?? { type: "none" };

it("panels and rows get ids, each its own; the SDK gives panels none", () => {
  expect(panelsOf(raw).map(({ id }) => id)).toEqual([undefined, undefined]);
  expect(mended.panels?.map(({ id }) => id)).toEqual([1, 2, 3]);
});

it("queries are named by letters; the SDK leaves them nameless", () => {
  expect(targetsOf(firstOf(raw)).map(({ refId }) => refId)).toEqual([undefined, undefined]);
  expect(targetsOf(firstOf(mended)).map(({ refId }) => refId)).toEqual(["A", "B"]);
});

it("a stat shows its last value; the SDK names no reducer, and a named one stays", () => {
  expect(firstOf(raw).options.reduceOptions.calcs).toEqual([]);
  expect(firstOf(mended).options.reduceOptions.calcs).toEqual(["lastNotNull"]);
  const named = { ...raw, panels: [{ type: "stat", options: { reduceOptions: { calcs: ["max"] } } }] };
  expect(firstOf(finished(named)).options.reduceOptions.calcs).toEqual(["max"]);
});

it("links and annotations stay on the page; the SDK moves them into a menu", () => {
  expect([raw.links?.[0]?.placement, annotationsOf(raw)[0]?.placement]).toEqual(
    Array(2).fill("inControlsMenu"),
  );
  expect(JSON.stringify(mended)).not.toContain("inControlsMenu");
  expect(mended.links).toHaveLength(1);
  expect(firstOf(mended).fieldConfig?.defaults.links).toHaveLength(1);
});

it("no link can change a constant; the SDK lets it", () => {
  expect(variablesOf(raw)[0]?.skipUrlSync).toBe(false);
  expect(variablesOf(mended)[0]).toMatchObject({ query: "here", skipUrlSync: true, hide: 2 });
});

it("nothing else changes", () => {
  const { panels: _, links: __, annotations: ___, templating: ____, ...rest } = mended;
  expect(raw).toMatchObject(rest);
});
