/** One number as a ledger has it and as a recount of the rows finds it. */
export interface Figure {
  name: string;
  ledger: number;
  recount: number;
}

export const LEDGERS = ["tasks", "texts"] as const;
export type LedgerName = (typeof LEDGERS)[number];

/** Those whose ledger and recount disagree. */
export function differences(figures: readonly Figure[]): Figure[] {
  return figures.filter(({ ledger, recount }) => ledger !== recount);
}

/** Ledger minus recount, of the figure where they are farthest apart: opposite errors do not hide each other. */
export function driftOf(figures: readonly Figure[]): number {
  return figures
    .map(({ ledger, recount }) => ledger - recount)
    .reduce((farthest, drift) => (Math.abs(drift) > Math.abs(farthest) ? drift : farthest), 0);
}
