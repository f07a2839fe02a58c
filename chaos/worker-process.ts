/**
 * A worker of a TTS service in a process of its own, with the library as users import it. argv: a seed and the library's
 * options, in JSON. Speaks what it is told over IPC and answers, takes retries besides; SIGTERM closes it.
 */
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type * as Library from "../src/index.ts";
import { type Fate, fateOf } from "./stage/fate.ts";

export interface Order {
  question: number;
  textId: string;
  content: string;
}

/** What became of an order: `run`'s result, or the name of what it threw. */
export interface Answer {
  question: number;
  taskId?: string;
  status?: Library.Outcome;
  error?: string;
  message?: string;
  /** of a duplicate: the text whose task it is; the ordered one where another worker runs this very task */
  existingTextId?: string;
}

const library: typeof Library = await import(pathToFileURL(resolve("dist/index.js")).href);
const { seed, options }: { seed: number; options: Library.TaskMonitorOptions } = JSON.parse(
  process.argv[2] ?? "",
);
const monitor = await library.createTaskMonitor(options);

process.on("message", ({ question, textId, content }: Order) => {
  void speak(textId, content).then((answer) => process.send?.({ question, ...answer }));
});
process.once("SIGTERM", async () => {
  await monitor.close();
  process.exit(0);
});
await monitor.work((task) => suffer(fateOf(seed, task.id), task));

async function speak(textId: string, content: string): Promise<Omit<Answer, "question">> {
  let taskId: string | undefined;
  try {
    const { status, ...result } = await monitor.run({ textId, content }, (task) => {
      taskId = String(task.id);
      return suffer(fateOf(seed, task.id), task);
    });
    return { taskId: String(result.taskId), status };
  } catch (error) {
    const ended = error instanceof library.TaskEndedError ? { status: error.status } : {};
    const existing =
      error instanceof library.DuplicateTaskError ? { existingTextId: String(error.existingTextId) } : {};
    const { name, message } = error as Error;
    return { ...ended, ...existing, ...(taskId !== undefined && { taskId }), error: name, message };
  }
}

/** Stands in for the speech provider. */
async function suffer(fate: Fate, { textId, signal }: Library.Task): Promise<Library.Audio> {
  if (fate.kind === "hangs") await once(signal, "abort");
  await sleep(fate.milliseconds, undefined, { signal });
  if (fate.kind === "fails") {
    throw Object.assign(new Error("429 from the provider"), { name: "ProviderError", reason: fate.reason });
  }
  const fileSize = fate.kind === "mumbles" ? 4999 : 70_000;
  return { audioUrl: `/audio/${textId}.wav`, filename: `${textId}.wav`, fileSize };
}
