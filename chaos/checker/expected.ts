import { readFileSync } from "node:fs";
import { createCollectors } from "../../src/collectors/index.ts";
import { textsCollector } from "../../src/collectors/texts.ts";
import { REASONS } from "../../src/domain/reason.ts";
import { OUTCOMES } from "../../src/domain/task.ts";
import { SCRAPE_FAMILIES } from "../../src/metrics/scrape.ts";
import { keyOf, parse } from "./exposition.ts";

/**
 * What an exporter and a worker must expose, taken from where it is defined: the collectors, the golden scrape and the
 * generated docs/metrics.md.
 */
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const collectors = createCollectors({ pendingTimeout: 0, texts: textsCollector(0) });
export const COLLECTORS: readonly string[] = collectors.map(({ name }) => name);

/** The family's name → its collector's. */
const COLLECTOR_OF = new Map(
  collectors.flatMap(({ name, families }) => families.map((family): [string, string] => [family.name, name])),
);

// Names are few, and asked for in every scrape.
const families = new Map<string, string>();

/** The family that a line of this name belongs to. */
export function familyOf(name: string): string {
  const known = families.get(name);
  if (known !== undefined) return known;
  const histogram = name.replace(/_(bucket|sum|count)$/, "");
  const family = !COLLECTOR_OF.has(name) && COLLECTOR_OF.has(histogram) ? histogram : name;
  families.set(name, family);
  return family;
}

/** Undefined where none measures it. */
export function collectorOf(name: string): string | undefined {
  return COLLECTOR_OF.get(familyOf(name));
}

/** Labels whose values are no closed list. */
const OPEN = ["text_id", "worker", "version", "node_version", "schema_version", "route", "code"];
const golden = parse(read("test/golden/metrics.txt")).series;
const bounded = golden.filter(({ labels }) => OPEN.every((label) => labels[label] === undefined));
// Absent where there are no texts.
const RATIO = "tts_db_success_ratio";
const ofScrape = new Set(SCRAPE_FAMILIES.map(({ name }) => name));

/** Series of `tts_db_*` that are there whenever the snapshot was taken; `collector` undefined: the scrape's own. */
export const DATABASE_SERIES = bounded
  .filter(({ name }) => name.startsWith("tts_db_") && name !== RATIO)
  .map(({ key, name }) => ({ key, collector: collectorOf(name) }));

/** Series of `tts_monitor_*` that are there from an exporter's first scrape on, whatever the database does. */
export const OWN_SERIES = bounded
  .filter(
    ({ name }) =>
      name.startsWith("tts_monitor_") &&
      !ofScrape.has(name) &&
      !COLLECTOR_OF.has(name) &&
      !name.includes("http"),
  )
  .map(({ key }) => key);

/** Families of `tts_db_*` that there are. */
export const DATABASE_FAMILIES: ReadonlySet<string> = new Set(
  [...COLLECTOR_OF.keys(), ...ofScrape].filter((name) => name.startsWith("tts_db_")),
);

/** family → label → values, of labels with a closed list of values */
const closed = new Map<string, Map<string, Set<string>>>();
for (const { name, labels } of bounded) {
  const ofFamily = closed.get(familyOf(name)) ?? new Map<string, Set<string>>();
  closed.set(familyOf(name), ofFamily);
  for (const [label, value] of Object.entries(labels)) {
    ofFamily.set(label, (ofFamily.get(label) ?? new Set()).add(value));
  }
}
// A run has a global limit, the golden scrape's database has none.
closed.get("tts_db_concurrency_limit")?.get("scope")?.add("global");

/** The values that a label may have; undefined where they are no closed list. */
export function closedValues(name: string, label: string): ReadonlySet<string> | undefined {
  return closed.get(familyOf(name))?.get(label);
}

const VALUES: Record<string, readonly string[]> = {
  outcome: OUTCOMES,
  reason: REASONS,
  operation: ["heartbeat", "complete", "fail"],
};

/** Series of `tts_worker_*` that are there from a worker's first scrape on. */
export const WORKER_SERIES = [
  ...read("docs/metrics.md").matchAll(/^\| `(tts_worker_\w+)` \| (\w+) \| (\w*) \|/gm),
]
  .filter(([, , , label]) => label !== "version")
  .flatMap(([, name = "", type, label = ""]) => {
    const full = type === "histogram" ? `${name}_count` : name;
    const values = VALUES[label];
    return values ? values.map((value) => keyOf(full, { [label]: value })) : [keyOf(full)];
  });
