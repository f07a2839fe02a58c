import type { Dashboard, DashboardLink, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { DASHBOARDS, RUNBOOKS_URL } from "../../../../prometheus/src/sites.ts";
import { unless } from "../lint.ts";
import { placeOf, variablesIn } from "../queries.ts";
import { linksOf, panelsOf, targetsOf } from "../read.ts";
import { DATA_SOURCES } from "./variables.ts";

type Link = Pick<DashboardLink, "title" | "url"> & { place: string };

const KEEPS_ALL = "${__all_variables}";
const KEPT_BY_THE_LINK = `\${__url_time_range}&${KEEPS_ALL}`;

export function targetsOfLinks(board: Dashboard): string[] {
  return linksIn(board).flatMap(({ place, title, url = "" }) => {
    const [, uid] = /^\/d\/([^?/]+)/.exec(url) ?? [];
    const problem = `${place}: ${title} leads to ${url}`;
    if (uid === undefined) return unless(/^\$\{/.test(url) || url.startsWith(`${RUNBOOKS_URL}/`), problem);
    return unless(uid in DASHBOARDS, problem);
  });
}

export function variablesOfLinks(board: Dashboard): string[] {
  return toBoards(board).flatMap(({ place, url, uid }) => {
    const settable: readonly string[] = [...DASHBOARDS[uid], ...Object.keys(DATA_SOURCES)];
    return setBy(url)
      .filter((name) => !settable.includes(name))
      .map((name) => `${place}: ${uid} has no $${name}`);
  });
}

/** Of those too whose page is a column's. */
export function keptByLinks(board: Dashboard): string[] {
  return linksIn(board)
    .filter(({ url = "" }) => /^(\/d\/|\$\{__(data|value)\.)/.test(url))
    .flatMap(({ place, title, url = "" }) => {
      const keeps = (name: string) => url.includes(KEEPS_ALL) || setBy(url).includes(name);
      return [
        ...unless(url.includes("${__url_time_range}"), "the time"),
        ...Object.keys(DATA_SOURCES).flatMap((name) => unless(keeps(name), `$${name}`)),
      ].map((lost) => `${place}: the link ${title} loses ${lost}`);
    });
}

/** By `var-name=…` or `${name:queryparam}`. */
function setBy(url: string): string[] {
  const written = [...url.matchAll(/[?&]var-(\w+)=/g)].map(([, name = ""]) => name);
  const passed = [...url.matchAll(/\$\{\w+:queryparam\}/g)].flatMap(([text]) => variablesIn(text));
  return [...written, ...passed];
}

function toBoards(board: Dashboard): { place: string; url: string; uid: keyof typeof DASHBOARDS }[] {
  return linksIn(board).flatMap(({ place, url = "" }) => {
    const [, uid = ""] = /^\/d\/([^?/]+)/.exec(url) ?? [];
    return uid in DASHBOARDS ? [{ place, url, uid: uid as keyof typeof DASHBOARDS }] : [];
  });
}

function linksIn(board: Dashboard): Link[] {
  const own = (board.links ?? []).filter(({ type }) => type === "link");
  return [
    ...own.map(({ title, url = "" }) => ({ place: "page", title, url })),
    ...panelsOf(board).flatMap((panel) =>
      [...linksOf(panel), ...linksInText(panel), ...linksInQueries(panel)].map((link) => ({
        place: placeOf(panel),
        ...link,
      })),
    ),
  ];
}

/** Written into labels, for a link of the table to follow; this adds what links keep. */
function linksInQueries(panel: Panel): Pick<Link, "title" | "url">[] {
  return targetsOf(panel).flatMap(({ expr = "", refId }) =>
    [...expr.matchAll(/"(\/d\/[^"]*)"/g)].map(([, url = ""]) => ({
      title: refId,
      url: `${url}&${KEPT_BY_THE_LINK}`,
    })),
  );
}

/** Markdown's. */
function linksInText({ type, options }: Panel): Pick<Link, "title" | "url">[] {
  const content = type === "text" ? String(options?.content ?? "") : "";
  return [...content.matchAll(/\[([^\]]*)\]\(([^)]*)\)/g)].map(([, title = "", url = ""]) => ({
    title,
    url,
  }));
}
