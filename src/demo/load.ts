import type pg from "pg";
import { insertText, softDelete } from "./app-tables.ts";
import type { SpeechRequest } from "./messages.ts";
import { numbered, type SampleText } from "./texts.ts";

export interface LoadOptions {
  pool: pg.Pool;
  texts: readonly SampleText[];
  /** new texts per second, on average */
  rate: number;
  /** id of the newest text there is; the numbers of the new ones go on from it */
  newestTextId: number;
  /** Hands the request to a worker; false: there is none. */
  dispatch(request: SpeechRequest): boolean;
}

export interface Load {
  stop(): Promise<void>;
}

const REPEATED_SHARE = 0.05;
const DELETED_SHARE = 0.02;
/** Repeats and deletions concern one of the newest texts. */
const REMEMBERED = 50;
const MOST_AT_ONCE = 100;

/** People who send texts: at random times, now and then the same one again, and who delete one or the other. */
export function startLoad({ pool, texts, rate, newestTextId, dispatch }: LoadOptions): Load {
  const recent: { id: string; text: SampleText }[] = [];
  let number = newestTextId;
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout;

  async function submit(): Promise<void> {
    number++;
    const repeated = Math.random() < REPEATED_SHARE ? pick(recent)?.text : undefined;
    const text = repeated ?? numbered(pick(texts) ?? { title: "", content: "" }, number);
    const id = await insertText(pool, text);
    dispatch({ textId: id, content: text.content });
    recent.push({ id, text });
    if (recent.length > REMEMBERED) recent.shift();
    const victim = Math.random() < DELETED_SHARE ? pick(recent) : undefined;
    if (victim) await softDelete(pool, Math.random() < 0.5 ? "text" : "audio", victim.id);
  }

  function schedule(): void {
    // Independent arrivals: their distances are distributed exponentially.
    timer = setTimeout(
      () => {
        schedule();
        if (running.size >= MOST_AT_ONCE) return;
        // Where the database is away, people get an error and go; the screen tells.
        const one = submit().catch(() => {});
        running.add(one);
        void one.then(() => running.delete(one));
      },
      (-Math.log(1 - Math.random()) / rate) * 1000,
    );
  }
  schedule();

  return {
    async stop() {
      clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

function pick<T>(all: readonly T[]): T | undefined {
  return all[Math.floor(Math.random() * all.length)];
}
