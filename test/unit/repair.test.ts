import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differences, driftOf } from "../../src/domain/audit.ts";
import { planRepair, type Repair } from "../../src/domain/repair.ts";
import { OUTCOMES, type Outcome, STATUSES, type Status } from "../../src/domain/task.ts";

interface Books {
  created: number;
  started: number;
  ended: Record<Outcome, number>;
  deleted: Record<Outcome, number>;
}

function gauges({ created, started, ended, deleted }: Books): Record<Status, number> {
  const rows = (outcome: Outcome) => ended[outcome] - deleted[outcome];
  return {
    pending: created - started,
    processing: started - OUTCOMES.reduce((sum, outcome) => sum + ended[outcome], 0),
    completed: rows("completed"),
    failed: rows("failed"),
    timeout: rows("timeout"),
  };
}

function booked(books: Books, { created, started, ended, vanished, deleted }: Repair): Books {
  const add = (one: Record<Outcome, number>, other: Record<Outcome, number>) => ({
    completed: one.completed + other.completed,
    failed: one.failed + other.failed + vanished,
    timeout: one.timeout + other.timeout,
  });
  return {
    created: books.created + created,
    started: books.started + started,
    ended: add(books.ended, ended),
    deleted: add(books.deleted, deleted),
  };
}

function missing(books: Books, rows: Record<Status, number>): Record<Status, number> {
  const now = gauges(books);
  return Object.fromEntries(STATUSES.map((status) => [status, rows[status] - now[status]])) as typeof rows;
}

// Books may have been left in any state by who bypassed the triggers, gauges below zero included.
const count = fc.oneof(fc.nat(3), fc.nat(1000));
const outcomes = fc.record({ completed: count, failed: count, timeout: count });
const anyBooks = fc.record({ created: count, started: count, ended: outcomes, deleted: outcomes });
const anyRows = fc.record({
  pending: count,
  processing: count,
  completed: count,
  failed: count,
  timeout: count,
});

describe("the plan of a repair", () => {
  it("brings every gauge to its rows, lets no counter fall, and leaves nothing to a second one", () => {
    fc.assert(
      fc.property(anyBooks, anyRows, (books, rows) => {
        const repair = planRepair(missing(books, rows));
        const { ended, deleted, ...single } = repair;
        for (const n of [...Object.values(single), ...Object.values(ended), ...Object.values(deleted)]) {
          expect(n).toBeGreaterThanOrEqual(0);
        }
        const after = booked(books, repair);
        expect(gauges(after)).toEqual(rows);
        const again = planRepair(missing(after, rows));
        expect(booked(after, again)).toEqual(after);
      }),
    );
  });

  it("books no more than it must: no smaller number of created, started or ended would do", () => {
    fc.assert(
      fc.property(anyBooks, anyRows, (books, rows) => {
        const { created, started, ended, vanished, deleted } = planRepair(missing(books, rows));
        // One less of each would make one of these negative, or leave an outcome without its ends.
        expect(Math.min(created, started, vanished)).toBe(0);
        for (const outcome of OUTCOMES) expect(Math.min(ended[outcome], deleted[outcome])).toBe(0);
      }),
    );
  });

  const none = { pending: 0, processing: 0, completed: 0, failed: 0, timeout: 0 };
  const nobody = { completed: 0, failed: 0, timeout: 0 };
  it.each<[string, Partial<typeof none>, Repair]>([
    ["nothing", {}, { created: 0, started: 0, ended: nobody, vanished: 0, deleted: nobody }],
    [
      "a pending row came",
      { pending: 1 },
      { created: 1, started: 0, ended: nobody, vanished: 0, deleted: nobody },
    ],
    [
      "a completed row came",
      { completed: 1 },
      { created: 1, started: 1, ended: { ...nobody, completed: 1 }, vanished: 0, deleted: nobody },
    ],
    [
      "a pending row went",
      { pending: -1 },
      { created: 0, started: 1, ended: nobody, vanished: 1, deleted: nobody },
    ],
    [
      "a processing row went",
      { processing: -1 },
      { created: 0, started: 0, ended: nobody, vanished: 1, deleted: nobody },
    ],
    [
      "a processing row became completed",
      { processing: -1, completed: 1 },
      { created: 0, started: 0, ended: { ...nobody, completed: 1 }, vanished: 0, deleted: nobody },
    ],
    [
      "a failed row became completed",
      { failed: -1, completed: 1 },
      {
        created: 1,
        started: 1,
        ended: { ...nobody, completed: 1 },
        vanished: 0,
        deleted: { ...nobody, failed: 1 },
      },
    ],
  ])("where %s unnoticed is what happened", (_what, change, repair) => {
    expect(planRepair({ ...none, ...change })).toEqual(repair);
  });
});

describe("the drift", () => {
  const figures = (...pairs: [number, number][]) =>
    pairs.map(([ledger, recount], n) => ({ name: `f${n}`, ledger, recount }));

  it("is that of the figure farthest off, with its sign, so that opposite ones do not hide each other", () => {
    expect(driftOf(figures([5, 5], [7, 7]))).toBe(0);
    expect(driftOf(figures([5, 6], [7, 6]))).not.toBe(0);
    expect(driftOf(figures([5, 6], [9, 6], [1, 2]))).toBe(3);
    expect(driftOf(figures([5, 9], [9, 6]))).toBe(-4);
  });

  it("names the figures that differ", () => {
    expect(differences(figures([5, 5], [7, 6])).map(({ name }) => name)).toEqual(["f1"]);
  });
});
