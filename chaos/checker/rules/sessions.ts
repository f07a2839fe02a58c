import type { Rule } from "../rule.ts";

// A connection that is just going is counted for a moment beside the one that replaces it.
const IN_A_ROW = 3;

/** No part holds more PostgreSQL connections than it may. */
export function sessions(): Rule {
  const over = new Map<string, number>();
  return {
    name: "sessions",
    title: "an exporter holds at most 5 connections to PostgreSQL, a worker 3",
    always: true,
    see(entry, { begin, parts }, tell) {
      if (entry.type !== "sessions") return;
      const allowed: Partial<Record<string, number>> = begin.settings.connections;
      for (const [part, open] of Object.entries(entry.open)) {
        const most = allowed[parts.kindOf(part) ?? ""];
        if (most === undefined) continue;
        tell.compared();
        over.set(part, open > most ? (over.get(part) ?? 0) + 1 : 0);
        if (over.get(part) !== IN_A_ROW) continue;
        tell.wrong({
          sentence: "a part holds too many connections",
          at: entry.at,
          values: { part, open, most },
        });
      }
    },
  };
}
