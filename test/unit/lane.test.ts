import { describe, expect, it, vi } from "vitest";
import { DatabaseUnavailableError } from "../../src/errors.ts";
import { createLane } from "../../src/worker/lane.ts";
import { gate } from "../support/workers.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));
const away = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

describe("the lane of submissions", () => {
  it("lets in as many at once as it is wide, in their order", async () => {
    const lane = createLane(2);
    const { opened, open } = gate();
    const begun: number[] = [];
    const works = [1, 2, 3, 4].map((n) =>
      lane(async () => {
        begun.push(n);
        await opened;
        return n;
      }),
    );
    await settle();
    expect(begun).toEqual([1, 2]);
    open();
    expect(await Promise.all(works)).toEqual([1, 2, 3, 4]);
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  it("fails only the one whose connection breaks", async () => {
    const lane = createLane(1);
    const broken = lane(() => Promise.reject(away()));
    const next = lane(async () => "taken");
    await expect(broken).rejects.toThrow(/ECONNREFUSED/);
    expect(await next).toBe("taken");
  });

  it("turns all that wait away together when the database hangs, and works again afterwards", async () => {
    const lane = createLane(1);
    const clock = vi.spyOn(performance, "now").mockReturnValueOnce(0).mockReturnValueOnce(3000);
    try {
      const hanging = lane(() => Promise.reject(away()));
      const waiting = [1, 2].map((n) => lane(async () => n));
      const refused = Promise.all(
        waiting.map((work) => expect(work).rejects.toBeInstanceOf(DatabaseUnavailableError)),
      );
      await expect(hanging).rejects.toThrow(/ECONNREFUSED/);
      await refused;
      expect(await lane(async () => "taken")).toBe("taken");
    } finally {
      clock.mockRestore();
    }
  });
});
