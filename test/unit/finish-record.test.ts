import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf, parseSpool } from "../../src/worker/finish-record.ts";
import { anyFinish, late } from "../support/finishes.ts";

describe("what a spool is read as", () => {
  it("is what was written, whatever its texts", () => {
    fc.assert(
      fc.property(fc.array(anyFinish), (finishes) => {
        const parsed = parseSpool(finishes.map(lineOf).join(""));
        expect(parsed).toEqual({ finishes, broken: [], torn: false });
      }),
    );
  });

  it("is the complete lines, wherever the file breaks off", () => {
    fc.assert(
      fc.property(fc.array(anyFinish, { minLength: 1, maxLength: 5 }), fc.nat(), (finishes, at) => {
        const bytes = Buffer.from(finishes.map(lineOf).join(""));
        const cut = at % (bytes.length + 1);
        const parsed = parseSpool(bytes.subarray(0, cut).toString());
        let [whole, end] = [0, 0];
        // A line that lacks nothing but its end is whole.
        for (const finish of finishes) {
          end += Buffer.byteLength(lineOf(finish));
          if (cut >= end - 1) whole++;
        }
        expect(parsed.finishes).toEqual(finishes.slice(0, whole));
        expect(parsed.broken).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves aside a last line torn at any byte", () => {
    const first = lineOf(late(1n));
    const last = Buffer.from(
      lineOf({
        kind: "end",
        taskId: 2n,
        ending: { outcome: "failed", reason: "other", errorMessage: "太長 \u{1f600}", audio: null },
      }),
    );
    for (let cut = 1; cut < last.length - 1; cut++) {
      const parsed = parseSpool(first + last.subarray(0, cut).toString());
      expect(parsed, `cut at ${cut}`).toEqual({ finishes: [late(1n)], broken: [], torn: true });
    }
  });

  it("names the lines that are no finish, and has the others", () => {
    const bad = ["", "{}", "\0\0\0", '{"kind":"late","taskId":"0"}', '{"kind":"late","taskId":7}', "null"];
    const text = [lineOf(late(1n)), ...bad.map((line) => `${line}\n`), lineOf(late(2n))].join("");
    expect(parseSpool(text)).toEqual({
      finishes: [late(1n), late(2n)],
      broken: [2, 3, 4, 5, 6, 7],
      torn: false,
    });
  });

  it("has of an audio what we know of it, whatever else the handler put there", () => {
    const audio = { audioUrl: "/a.wav", filename: "a.wav", fileSize: 70_000 };
    const ending = { outcome: "completed", reason: null, errorMessage: null } as const;
    const line = lineOf({
      kind: "end",
      taskId: 1n,
      ending: { ...ending, audio: { ...audio, bytes: 1n } as typeof audio },
    });
    expect(parseSpool(line).finishes).toEqual([{ kind: "end", taskId: 1n, ending: { ...ending, audio } }]);
  });
});
