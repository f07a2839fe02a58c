import type { Reading } from "../exposition.ts";
import type { Rule } from "../rule.ts";

/** Buckets are cumulative, and the last of them holds what the histogram has counted. */
export function buckets(): Rule {
  return {
    name: "buckets",
    title: "buckets are cumulative, and +Inf is the count",
    always: true,
    see(_entry, { read }, tell) {
      if (!read) return;
      for (const [count, bounds] of histograms(read.reading)) {
        tell.compared();
        const counted = read.reading.values.get(count);
        const sorted = bounds.sort((a, b) => a.le - b.le);
        const falling = sorted.find(({ value }, index) => value < (sorted[index - 1]?.value ?? 0));
        const last = sorted.at(-1);
        if (!falling && last?.le === Number.POSITIVE_INFINITY && last.value === counted) continue;
        tell.wrong({
          sentence: falling
            ? "a bucket holds less than the one below it"
            : "the last bucket is not what the histogram has counted",
          at: read.scrape.end,
          scrapes: [read.scrape],
          series: count,
          values: {
            count: counted,
            ...Object.fromEntries(sorted.map(({ le, value }) => [`le ${le}`, value])),
          },
        });
      }
    },
  };
}

/** The key of each one's count → its buckets. */
function histograms({ series, values }: Reading): Map<string, { le: number; value: number }[]> {
  const found = new Map<string, { le: number; value: number }[]>();
  for (const { key, bucket } of series) {
    if (!bucket) continue;
    const buckets = found.get(bucket.count) ?? [];
    found.set(bucket.count, buckets);
    buckets.push({ le: bucket.le, value: values.get(key) ?? 0 });
  }
  return found;
}
