import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type Dashboard, dashboardPath } from "../../prometheus/src/sites.ts";

export type Link = Builder<DashboardLink>;

/** The parameters of a link that take time and data sources along. */
export const KEPT = "${__url_time_range}&${prometheus:queryparam}&${postgres:queryparam}";

/**
 * To one of our dashboards, with the time and the data sources of this one.
 * @param dashboard its variables may be templates of Grafana, like `${__value.raw}` or `${__data.fields["Worker"]}`
 */
export function linkTo(title: string, dashboard: Dashboard): Link {
  const path = dashboardPath(dashboard);
  return linkToUrl(title, `${path}${path.includes("?") ? "&" : "?"}${KEPT}`);
}

export function linkToUrl(title: string, url: string): Link {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url);
}

/** The menu of all our dashboards. */
export function menuOfDashboards(): Link {
  return new DashboardLinkBuilder("Dashboards")
    .type(DashboardLinkType.Dashboards)
    .tags(["tts"])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}
