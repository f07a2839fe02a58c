import type { Collector } from "./collector.ts";
import { concurrencyCollector } from "./concurrency.ts";
import { relationsCollector } from "./relations.ts";
import { stuckCollector } from "./stuck.ts";
import { tasksCollector } from "./tasks.ts";
import type { TextsReading } from "./texts.ts";
import { workersCollector } from "./workers.ts";

export interface CollectorSettings {
  /** ms */
  pendingTimeout: number;
  /** undefined: texts are not counted at all */
  texts: Collector<TextsReading> | undefined;
}

/** All of them, in the order in which they run: what may be slow comes last. */
export function createCollectors(settings: CollectorSettings): Collector[] {
  return [
    tasksCollector,
    stuckCollector(settings.pendingTimeout),
    workersCollector,
    concurrencyCollector,
    relationsCollector,
    ...(settings.texts ? [settings.texts] : []),
  ];
}
