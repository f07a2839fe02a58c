import { describe, expect, it } from "vitest";
import * as library from "../../src/index.ts";
import { codeBlocks, DOCUMENTS } from "../support/documents.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();

/** Runs a worker as a document shows it, with what stands around it in a service, and on a free port. */
async function runShown(code: string, texts: { textId: number; content: string }): Promise<void> {
  const body = code
    .replace(/^import (\{.*\}) from "tts-monitor";$/m, "const $1 = library;")
    .replace(/listen: ":\d+"/, 'listen: "127.0.0.1:0"');
  const around = {
    library,
    databaseUrl: database().url,
    synthesize: async (content: string, { signal }: { signal: AbortSignal }) => {
      signal.throwIfAborted();
      return { url: `/audio/${content}.wav`, name: `${content}.wav`, bytes: 5000 };
    },
    ...texts,
  };
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  await new AsyncFunction(...Object.keys(around), body)(...Object.values(around));
}

const SHOWN_IN: [path: string, textId: number][] = [
  ["README.md", 1],
  ["README.zh-CN.md", 2],
  ["docs/library.md", 3],
];

describe.each(SHOWN_IN)("the worker in %s", (path, textId) => {
  const [code = ""] = codeBlocks(DOCUMENTS.get(path) ?? "")
    .filter(({ language }) => language === "ts")
    .map((block) => block.code);

  it("completes its task, and leaves", async () => {
    await runShown(code, { textId, content: path });
    const { rows } = await database().pool.query(
      "select status, filename, file_size from tts_monitor.tasks where text_id = $1",
      [textId],
    );
    expect(rows).toEqual([{ status: "completed", filename: `${path}.wav`, file_size: "5000" }]);
    const { rowCount } = await database().pool.query("select from tts_monitor.workers");
    expect(rowCount).toBe(0);
  });
});

it("the worker in README.md takes ten lines", () => {
  const [worker] = codeBlocks(DOCUMENTS.get("README.md") ?? "").filter(({ language }) => language === "ts");
  expect(worker?.code.trim().split("\n").length).toBeLessThanOrEqual(10);
});
