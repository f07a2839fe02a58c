import { closedValues } from "../expected.ts";
import type { Series } from "../exposition.ts";
import type { Rule } from "../rule.ts";

/** Nothing that a user typed is a label, and a label with a closed list of values has one of them. */
export function labels(): Rule {
  // Series come again in each scrape: each is judged once.
  const fine = new Set<string>();
  return {
    name: "labels",
    title: "nothing that a user typed is a label; closed lists are closed",
    always: true,
    see(_entry, { read, begin }, tell) {
      if (!read) return;
      tell.compared();
      const { userMark } = begin.settings;
      for (const series of read.reading.series) {
        if (fine.has(series.key)) continue;
        const problem = problemOf(series, userMark);
        if (problem === undefined) fine.add(series.key);
        else {
          const { scrape } = read;
          tell.wrong({ sentence: problem, at: scrape.end, scrapes: [scrape], series: series.key });
        }
      }
    },
  };
}

function problemOf({ key, name, labels }: Series, userMark: string): string | undefined {
  if (key.includes(userMark)) return "what a user typed is in a label";
  if (!name.startsWith("tts_")) return undefined;
  const foreign = Object.entries(labels).find(([label, value]) => {
    const values = closedValues(name, label);
    return values !== undefined && !values.has(value);
  });
  return foreign && `no value of the closed list of ${foreign[0]}: ${foreign[1]}`;
}
