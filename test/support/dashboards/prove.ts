import { describe, expect, it } from "vitest";
import type { ProvenLint } from "./lint.ts";
import { BOARDS } from "./read.ts";
import { board } from "./sound-board.ts";

/** Every committed dashboard passes the lints, and each lint finds the faults that were made for it. */
export function describeLints(lints: readonly ProvenLint[]): void {
  const titled = lints.map((lint) => [lint.claim, lint] as const);

  describe.each(BOARDS.map((one) => [one.uid, one] as const))("%s", (uid, one) => {
    it.each(titled)("%s", (_, { lint }) => {
      expect(lint(one).map((problem) => `${uid}: ${problem}`)).toEqual([]);
    });
  });

  describe.each(titled)("that a dashboard %s", (_, { lint, broken }) => {
    it("is true of one without fault", () => {
      expect(lint(board())).toEqual([]);
    });

    it("is seen to be wrong where it is", () => {
      const unseen = broken.flatMap((one, index) => (lint(one).length > 0 ? [] : [`example ${index + 1}`]));
      expect(broken.length).toBeGreaterThan(0);
      expect(unseen).toEqual([]);
    });
  });
}
