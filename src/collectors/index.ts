import type { Collector } from "./collector.ts";
import { concurrencyCollector } from "./concurrency.ts";
import { relationsCollector } from "./relations.ts";
import { stuckCollector } from "./stuck.ts";
import { tasksCollector } from "./tasks.ts";
import { textsCollector } from "./texts.ts";
import { workersCollector } from "./workers.ts";

export interface CollectorSettings {
  /** ms */
  pendingTimeout: number;
  /** ms */
  textsCache: number;
  /** whether to count texts at all */
  texts: boolean;
}

/** All of them, in the order in which they run: what may be slow comes last. */
export function createCollectors(settings: CollectorSettings): Collector[] {
  return [
    tasksCollector,
    stuckCollector(settings.pendingTimeout),
    workersCollector,
    concurrencyCollector,
    relationsCollector,
    ...(settings.texts ? [textsCollector(settings.textsCache)] : []),
  ];
}
