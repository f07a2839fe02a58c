import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isValidAudio, MIN_AUDIO_BYTES } from "../../src/domain/audio.ts";
import { contentHash } from "../../src/domain/content-hash.ts";
import { errorMessage, FAILURE_REASONS, failureReason, TIMEOUT_REASONS } from "../../src/domain/reason.ts";
import { canMove, isOutcome, OUTCOMES, STATUSES, type Status } from "../../src/domain/task.ts";
import { formatPosition, parsePosition, type Rank, stepsAfter } from "../../src/domain/task-event.ts";
import { idForJson, parseId, type TaskFacts } from "../../src/domain/task-status.ts";

describe("the life of a task", () => {
  it("allows four moves of the twenty-five", () => {
    const allowed = STATUSES.flatMap((from) =>
      STATUSES.filter((to) => canMove(from, to)).map((to) => `${from} → ${to}`),
    );
    expect(allowed).toEqual([
      "pending → processing",
      "processing → completed",
      "processing → failed",
      "processing → timeout",
    ]);
  });

  it("calls completed, failed and timeout outcomes, and nothing else", () => {
    expect(STATUSES.filter(isOutcome)).toEqual([...OUTCOMES]);
  });

  it("starts at most once and ends at most once, whatever moves are tried", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATUSES), { maxLength: 50 }), (attempts) => {
        let status: Status = "pending";
        const passed: Status[] = [];
        for (const next of attempts) {
          if (!canMove(status, next)) continue;
          status = next;
          passed.push(status);
        }
        expect(passed.length).toBeLessThanOrEqual(2);
        expect(passed[0] ?? "processing").toBe("processing");
        expect(passed.filter(isOutcome).length).toBe(passed.length === 2 ? 1 : 0);
      }),
    );
  });
});

const LARGEST_ID = 2n ** 63n - 1n;
const anyId = fc.bigInt({ min: 1n, max: LARGEST_ID });

describe("an id", () => {
  it("is read as it is written, from 1 to the largest bigint", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(parseId(id.toString())).toBe(id);
      }),
    );
    expect([parseId("1"), parseId(LARGEST_ID.toString())]).toEqual([1n, LARGEST_ID]);
    expect(["0", "-1", "", "1.0", "1e3", " 1", `${2n ** 63n}`, "1".repeat(20)].map(parseId)).toEqual(
      Array.from({ length: 8 }, () => undefined),
    );
  });

  it("is a number in JSON up to the last one that is exact there, and a string from then on", () => {
    expect([2n ** 53n - 1n, 2n ** 53n].map(idForJson)).toEqual([9_007_199_254_740_991, "9007199254740992"]);
  });
});

describe("a position in a stream", () => {
  it("is read as it is written, whatever the task and however far it has come", () => {
    fc.assert(
      fc.property(anyId, fc.constantFrom<Rank>(0, 1, 2, 3), (taskId, rank) => {
        expect(parsePosition(formatPosition({ taskId, rank }))).toEqual({ taskId, rank });
      }),
    );
    expect(parsePosition("7:1")).toEqual({ taskId: 7n, rank: 1 });
  });

  it("is nothing else", () => {
    const wrong = [
      "",
      "7",
      "7:",
      ":1",
      "7:4",
      "7:-1",
      "0:1",
      "07:1",
      "7:11",
      " 7:1",
      "7:1\n",
      `${2n ** 63n}:1`,
    ];
    expect(wrong.map(parsePosition)).toEqual(wrong.map(() => undefined));
  });
});

describe("the steps of a task", () => {
  const nothing = { completedTime: null, errorMessage: null, audioUrl: null, filename: null };
  const ended: TaskFacts = {
    status: "failed",
    startTime: 10,
    completedTime: 12,
    errorMessage: "no",
    audioUrl: "/a",
    filename: "a",
    duration: 2,
  };
  const steps = [
    { event: "queued", rank: 1, task: { ...nothing, status: "pending", startTime: null, duration: null } },
    { event: "started", rank: 2, task: { ...nothing, status: "processing", startTime: 10, duration: 0 } },
    { event: "failed", rank: 3, task: ended },
  ];

  it("are told of the task as it was then, however late somebody looks", () => {
    for (const known of [0, 1, 2, 3] as const) expect(stepsAfter(known, ended)).toEqual(steps.slice(known));
  });

  it("end where the task is", () => {
    const running: TaskFacts = { ...ended, ...nothing, status: "processing", duration: 1 };
    expect(stepsAfter(0, running).map(({ event }) => event)).toEqual(["queued", "started"]);
    expect(stepsAfter(1, running)).toEqual([{ event: "started", rank: 2, task: running }]);
    expect(stepsAfter(0, { ...running, status: "pending" }).map(({ event }) => event)).toEqual(["queued"]);
  });
});

describe("a failure's reason", () => {
  it("is kept where it is on the list", () => {
    expect(FAILURE_REASONS.map(failureReason)).toEqual([...FAILURE_REASONS]);
  });

  it("becomes `other` for any other word, those of timeouts and of every object among them", () => {
    for (const word of [...TIMEOUT_REASONS, "", "constructor", "__proto__", "PROVIDER_ERROR", " other"]) {
      expect(failureReason(word)).toBe("other");
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (word) => {
        expect(FAILURE_REASONS).toContain(failureReason(word));
      }),
    );
  });
});

describe("an error message", () => {
  it("loses its NULs and keeps everything else", () => {
    expect(errorMessage("a\0b\0")).toBe("ab");
    expect(errorMessage("line\n'quoted' \\ 語音 🎧")).toBe("line\n'quoted' \\ 語音 🎧");
  });

  it("is cut after 2,000 code points, not in the middle of one", () => {
    expect(errorMessage("x".repeat(2000))).toBe("x".repeat(2000));
    expect(errorMessage("x".repeat(2001))).toBe("x".repeat(2000));
    expect(errorMessage("🎧".repeat(2000))).toBe("🎧".repeat(2000));
    expect(errorMessage(`${"x".repeat(1999)}🎧🎧`)).toBe(`${"x".repeat(1999)}🎧`);
    // A NUL takes none of the room.
    expect(errorMessage(`\0${"x".repeat(2000)}`)).toBe("x".repeat(2000));
  });

  it("holds no half of a surrogate pair", () => {
    expect(errorMessage("a\ud83cb\udfa7")).toBe("a\ufffdb\ufffd");
  });

  it("is always one that PostgreSQL takes, and cutting it again changes nothing", () => {
    const anyText = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4500 })
      .map((units) => units.map((unit) => String.fromCharCode(unit)).join(""));
    fc.assert(
      fc.property(anyText, (text) => {
        const message = errorMessage(text);
        expect(message).not.toContain("\0");
        expect(message.isWellFormed()).toBe(true);
        expect([...message].length).toBeLessThanOrEqual(2000);
        expect(errorMessage(message)).toBe(message);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a content hash", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["語音", "62c7a77bdaed0cb52db24a0c5284eda7cade3d23b9c0cc75f91c5bccd9794789"],
  ])("of %j is the published SHA-256 of its UTF-8", (content, hash) => {
    expect(contentHash(content)).toBe(hash);
  });

  it("tells apart what only looks the same", () => {
    expect(contentHash("é")).not.toBe(contentHash("e\u0301"));
    expect(contentHash("a")).not.toBe(contentHash("a "));
  });
});

describe("an audio", () => {
  it("is valid from 5,000 bytes on", () => {
    expect(MIN_AUDIO_BYTES).toBe(5000);
    expect([0, 4999, 5000, 5001].map((fileSize) => isValidAudio({ fileSize }))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("is not valid where its size is unknown", () => {
    expect(isValidAudio({ fileSize: Number.NaN })).toBe(false);
    expect(isValidAudio({ fileSize: Number.NEGATIVE_INFINITY })).toBe(false);
  });
});
