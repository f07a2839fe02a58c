import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, isScalar, parseDocument, visit } from "yaml";
import { relocate } from "../../src/demo/relocate.ts";
import { parseDuration } from "../../src/domain/duration.ts";
import { INTERVAL, SPEED } from "./shortened-rules.ts";

// They wait out the difference between two evaluations, which are but fifteen times faster.
const SPEED_OF_GROUP_WAIT = 10;
// A shorter one tells more, and never less.
const SPEED_OF_GROUP_INTERVAL = 2 * SPEED;

type Addresses = ReadonlyMap<number, string>;

/** Our prometheus.yml at other addresses, with a second in place of each interval. @param rules their folder */
export function shortenedPrometheus(addresses: Addresses, rules: string): string {
  const config = relocated("prometheus.yml", addresses, ".");
  for (const key of ["scrape_interval", "scrape_timeout", "evaluation_interval"]) {
    config.setIn(["global", key], `${INTERVAL}s`);
  }
  setAll(config, "refresh_interval", () => `${INTERVAL}s`);
  config.set("rule_files", [join(rules, "*.yml")]);
  return config.toString();
}

/**
 * Our alertmanager.yml at other addresses, with shorter waits and with working hours round the clock. What repeats
 * does so as seldom as it does: so "once" means something.
 * @param folder with the templates and the secrets
 */
export function shortenedAlertmanager(addresses: Addresses, folder: string): string {
  const config = relocated("alertmanager/alertmanager.yml", addresses, folder);
  visit(config, {
    Map(_, map) {
      const [interval, repeat] = ["group_interval", "repeat_interval"].map((key) => map.get(key));
      // Repeats at each of its group's intervals.
      if (typeof interval === "string" && typeof repeat === "string") {
        if (parseDuration(repeat) < parseDuration(interval)) map.set("repeat_interval", "500ms");
      }
    },
  });
  setAll(config, "group_wait", (wait) => shorter(wait, SPEED_OF_GROUP_WAIT));
  setAll(config, "group_interval", (wait) => shorter(wait, SPEED_OF_GROUP_INTERVAL));
  const always = { times: [{ start_time: "00:00", end_time: "24:00" }] };
  visit(config, {
    Map(_, map) {
      if (map.has("time_intervals") && map.has("name"))
        map.set("time_intervals", config.createNode([always]));
    },
  });
  return config.toString();
}

function relocated(file: string, addresses: Addresses, folder: string): Document {
  return parseDocument(relocate(readFileSync(file, "utf8"), addresses, folder));
}

function setAll(config: Document, key: string, change: (value: string) => string): void {
  visit(config, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== key || !isScalar(pair.value)) return;
      pair.value.value = change(String(pair.value.value));
    },
  });
}

function shorter(wait: string, speed: number): string {
  return `${Math.round(parseDuration(wait) / speed)}ms`;
}
