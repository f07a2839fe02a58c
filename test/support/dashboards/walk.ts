import { existsSync } from "node:fs";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect } from "vitest";
import { GRAFANA_URL, RUNBOOKS_URL } from "../../../prometheus/src/sites.ts";
import { BOARDS, variablesOf } from "./read.ts";
import { type OpenPanel, openPage, type Page } from "./run.ts";
import type { Sources } from "./run-query.ts";
import { last } from "./run-range.ts";
import type { Chosen } from "./run-variables.ts";

export function boardOf(uid: string): Dashboard {
  const found = BOARDS.find((one) => one.uid === uid);
  if (!found) throw new Error(`there is no dashboard ${uid}`);
  return found;
}

export function panelOf({ panels, board: { uid } }: Page, title: string): OpenPanel {
  const found = panels.find((one) => one.title === title);
  if (!found) throw new Error(`${uid} has no panel ${title}`);
  return found;
}

/**
 * Opens a dashboard as a browser would from its URL.
 * @throws where there is no such dashboard or variable; fails where a value is none that may be chosen
 */
export async function follow(sources: Sources, url: string): Promise<Page> {
  const { pathname, searchParams } = new URL(url, GRAFANA_URL);
  const board = boardOf(pathname.replace("/d/", ""));
  const named = [...searchParams.keys()].filter((name) => name.startsWith("var-"));
  const chosen: Chosen = Object.fromEntries(
    named.map((name) => [name.slice("var-".length), searchParams.getAll(name)]),
  );
  const page = await openPage(board, sources, last("5m"), chosen);
  for (const { type, name } of variablesOf(board)) {
    if (type !== "custom") continue;
    const options = ["$__all", ...(page.variables.get(name)?.options ?? [])];
    expect(options, `${url}: ${name}`).toEqual(expect.arrayContaining([...(chosen[name] ?? [])]));
  }
  return page;
}

/** Follows a link on a page: to a runbook, or to a dashboard that shows the page's time. */
export async function walk({ sources, range }: Page, url: string): Promise<void> {
  if (url.startsWith(RUNBOOKS_URL)) {
    expect(existsSync(url.replace(RUNBOOKS_URL, "docs/runbooks"))).toBe(true);
    return;
  }
  expect(url).toMatch(/^\/d\//);
  expect(url).toContain(range.url);
  await follow(sources, url);
}

/** An alert's link as Prometheus fills it in. */
export function filledIn(url = ""): string {
  const filled = url.replace("{{ $labels.worker }}", "worker-1").replace("{{ $labels.slo }}", "task_success");
  expect(filled).not.toContain("{{");
  return filled;
}
