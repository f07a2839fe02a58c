import { expect, test } from "vitest";
import { decideFault, type Fault, type FaultShares } from "../../src/demo/faults.ts";
import { FAILURE_REASONS } from "../../src/domain/reason.ts";

const TASKS = Array.from({ length: 5000 }, (_, index) => BigInt(index + 1));
const NO_FAULTS: FaultShares = { fail: 0, slow: 0, hang: 0, crash: 0 };

function faultsOf(shares: FaultShares, seed = "show"): Fault[] {
  return TASKS.map((task) => decideFault(seed, task, shares));
}

function share<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.filter(is).length / all.length;
}

test("each trouble comes as often as its share says", () => {
  const shares = { fail: 0.2, slow: 0.1, hang: 0.05, crash: 0.02 };
  const faults = faultsOf(shares);
  for (const [kind, wanted] of Object.entries(shares)) {
    // Four standard deviations of 5,000 draws.
    expect(Math.abs(share(faults, (fault) => fault.kind === kind) - wanted)).toBeLessThan(
      4 * Math.sqrt((wanted * (1 - wanted)) / TASKS.length),
    );
  }
});

test("without shares nothing happens, and a share of one spares no task", () => {
  expect(share(faultsOf(NO_FAULTS), (fault) => fault.kind === "none")).toBe(1);
  for (const kind of ["fail", "slow", "hang", "crash"] as const) {
    expect(share(faultsOf({ ...NO_FAULTS, [kind]: 1 }), (fault) => fault.kind === kind)).toBe(1);
  }
});

test("the same seed and task always meet the same trouble, another seed another", () => {
  const shares = { fail: 0.3, slow: 0.3, hang: 0.2, crash: 0.1 };
  expect(faultsOf(shares)).toEqual(faultsOf(shares));
  expect(faultsOf(shares, "another show")).not.toEqual(faultsOf(shares));
});

test("failures carry each of the provider's reasons, all of the closed list", () => {
  const reasons = new Set(
    faultsOf({ ...NO_FAULTS, fail: 1 }).map((fault) => (fault.kind === "fail" ? fault.reason : undefined)),
  );
  expect([...reasons].sort()).toEqual(["provider_error", "provider_throttled", "provider_timeout"]);
  expect(FAILURE_REASONS).toEqual(expect.arrayContaining([...reasons]));
});

test("a slow provider takes seconds, and some of those that hang are deaf", () => {
  for (const fault of faultsOf({ ...NO_FAULTS, slow: 1 })) {
    expect(fault.kind === "slow" && fault.milliseconds).toBeGreaterThanOrEqual(2000);
    expect(fault.kind === "slow" && fault.milliseconds).toBeLessThan(12_000);
  }
  const deaf = share(faultsOf({ ...NO_FAULTS, hang: 1 }), (fault) => fault.kind === "hang" && fault.deaf);
  expect(deaf).toBeGreaterThan(0.2);
  expect(deaf).toBeLessThan(0.3);
});
