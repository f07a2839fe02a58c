import { every } from "./every.ts";
import { formatTotals, parseTotals } from "./totals.ts";

const INTERVAL_MS = 5000;
const PATIENCE_MS = 4000;

/** Prints a line of totals every few seconds, read back from the exporter; returns how to stop it. */
export function startScreen(print: (line: string) => void, metricsUrl: string): () => void {
  return every(INTERVAL_MS, async () => {
    const totals = await totalsLine(metricsUrl);
    print(`${timeOfDay()}  ${totals}`);
  });
}

/** HH:MM:SS, local. */
export function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}

async function totalsLine(metricsUrl: string): Promise<string> {
  try {
    const response = await fetch(metricsUrl, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const totals = parseTotals(await response.text());
    return totals ? formatTotals(totals) : "the database does not answer the exporter";
  } catch {
    return "the exporter does not answer";
  }
}
