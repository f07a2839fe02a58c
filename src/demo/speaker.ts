import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type pg from "pg";
import type { Audio } from "../domain/audio.ts";
import { insertAudio, readContent } from "./app-tables.ts";
import { decideFault, type FaultShares } from "./faults.ts";
import { SpeechError, suffer } from "./provider.ts";
import type { SpeechEngine } from "./speech-engine.ts";

export interface SpeakerOptions {
  engine: SpeechEngine;
  /** of the application's tables */
  pool: pg.Pool;
  audioDir: string;
  faults: FaultShares;
}

export interface SpeechTask {
  id: bigint;
  textId: bigint;
  /** undefined for a claimed task: the text itself tells */
  content: string | undefined;
  signal: AbortSignal;
}

// The same tasks meet the same faults in every demo that begins with an empty database.
const SEED = "tts-monitor";

/** How a worker does a task: speaks it, if no fault prevents it, writes the file, and inserts its `tts_audios` row. */
export function createSpeaker(options: SpeakerOptions): (task: SpeechTask) => Promise<Audio> {
  const { engine, pool, audioDir, faults } = options;
  return async ({ id, textId, content, signal }) => {
    await suffer(decideFault(SEED, id, faults), signal);
    const wav = await engine.synthesize(content ?? (await readContent(pool, textId)), signal);
    const filename = `text-${textId}-task-${id}.wav`;
    const path = `${audioDir}/${filename}`;
    const audio = { audioUrl: pathToFileURL(path).href, filename, fileSize: wav.length };
    try {
      await writeFile(path, wav, { signal });
      await insertAudio(pool, textId, audio);
    } catch (error) {
      throw new SpeechError("storage_error", "the audio could not be stored", { cause: error });
    }
    return audio;
  };
}
