import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { DASHBOARDS } from "../../../../prometheus/src/sites.ts";
import { repeatedIn } from "../lint.ts";

export function missing(boards: readonly Dashboard[]): string[] {
  const uids = boards.map(({ uid }) => uid);
  return Object.keys(DASHBOARDS).filter((uid) => !uids.includes(uid));
}

/** Uids and titles that two have. */
export function twins(boards: readonly Dashboard[]): string[] {
  return repeatedIn(boards.flatMap(({ uid = "", title = "" }) => [uid, title]));
}
