import { number, table } from "../support/report.ts";
import type { Ended } from "./overdue.ts";
import type { Statements, Way } from "./ways.ts";

export interface Case {
  overdue: number;
  /** tasks in the table that ended long ago */
  among: number;
}

export interface Round extends Ended, Statements {
  one: Case;
  way: Way;
  /** from overdue to the last end */
  seconds: number;
  /** of these, those in which they were being ended */
  sweeping: number;
  /** ms, p99 of the other tasks' transitions */
  alone: number;
  meanwhile: number;
  /** s, the longest that a late result waited for its answer */
  blocked: number;
  /** lines of the books that differ from the rows, and of the exporter's figures */
  wrong: number;
}

export function printRounds(rounds: readonly Round[]): void {
  table(
    [
      "overdue",
      "ended ones beside",
      "by",
      "until the last has ended, s",
      "sweeping, s",
      "ended/s",
      "statements",
      "longest, s",
      "a late result waits up to, s",
      "other tasks' p99 before, ms",
      "meanwhile, ms",
      "by late workers",
      "wrong",
    ],
    rounds.map((round) => [
      ...[round.one.overdue, round.one.among, round.way, number(round.seconds), number(round.sweeping)],
      ...[number(round.timeouts / round.sweeping), round.calls, number(round.longest)],
      ...[round.blocked, round.alone, round.meanwhile].map((value) =>
        Number.isFinite(value) ? number(value) : "-",
      ),
      ...[round.completed, round.wrong],
    ]),
  );
  const pairs = rounds.flatMap((ours) => {
    const peer = rounds.find(({ one, way }) => one === ours.one && way !== ours.way);
    return ours.way === "ours" && peer ? [[ours, peer] as const] : [];
  });
  table(
    ["overdue", "ended ones beside", "ours / one UPDATE: time spent", "longest statement"],
    pairs.map(([ours, peer]) => {
      const ratios = [ours.sweeping / peer.sweeping, ours.longest / peer.longest];
      return [ours.one.overdue, ours.one.among, ...ratios.map(number)];
    }),
  );
}
