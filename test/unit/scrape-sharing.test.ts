import { expect, it } from "vitest";
import { createRenderer } from "../../src/metrics/renderer.ts";
import { createScrape } from "../../src/metrics/scrape.ts";

/** A scrape whose database answers as `read` does. */
function setUp(read: () => Promise<never>) {
  const told = { failures: 0, failed: 0 };
  const scrape = createScrape({
    read,
    collectors: ["tasks"],
    version: "0.0.0",
    self: {
      scraped(result) {
        if (result === "failed") told.failed++;
      },
    },
    onFailure() {
      told.failures++;
    },
    onAnswer() {},
  });
  return { scrape, told };
}

const hangs = () => new Promise<never>(() => {});
const fails = async () => {
  throw new Error("away");
};

it.each([
  ["give up together", hangs],
  ["find the database away together", fails],
])("scrapes that %s are rendered once, and counted each", async (_, read) => {
  const { scrape, told } = setUp(read);
  const render = createRenderer([]);
  const many = Array.from({ length: 200 }, async () => render(await scrape(50), "text"));
  const expositions = await Promise.all(many);
  // The first read is one answer, that of all who came after it began another.
  expect(new Set(expositions).size).toBeLessThanOrEqual(2);
  expect(String(expositions[0]?.text)).toMatch(/^tts_db_up 0$/m);
  expect(told.failed).toBe(200);
  expect(told.failures).toBeLessThanOrEqual(2);
});

it("a later scrape that gives up has an answer of its own", async () => {
  const { scrape } = setUp(hangs);
  const first = await scrape(30);
  expect(await scrape(100)).not.toBe(first);
});

it("the same measurements are rendered again for another format, and compressed once", async () => {
  const { scrape } = setUp(fails);
  const render = createRenderer([]);
  const measurements = await scrape(1000);
  const [text, again, openMetrics] = await Promise.all([
    render(measurements, "text"),
    render(measurements, "text"),
    render(measurements, "openmetrics"),
  ]);
  expect(again).toBe(text);
  expect(openMetrics.text.equals(text.text)).toBe(false);
  expect(await text.zipped()).toBe(await again.zipped());
});
