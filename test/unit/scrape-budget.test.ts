import { describe, expect, it } from "vitest";
import { scrapeBudget } from "../../src/http/routes/metrics.ts";

describe("the time within which a scrape is answered", () => {
  it("is the scraper's timeout less the offset", () => {
    expect(scrapeBudget("10", 500)).toBe(9500);
    expect(scrapeBudget("0.75", 500)).toBe(250);
  });

  it.each([undefined, "", "x", "NaN", "Infinity", "-1", "0", "0.5", "0.4"])(
    "ignores the header %j",
    (header) => {
      expect(scrapeBudget(header, 500)).toBe(Number.POSITIVE_INFINITY);
    },
  );
});
