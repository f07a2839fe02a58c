import { parentPort, workerData } from "node:worker_threads";
import { File, OpenFile, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";
import type { SpeechOrder } from "./speech-engine.ts";

// Node's own WASI dies of a segmentation fault in longer texts (nodejs/node#52402, reported with this very
// module), so the few system calls that Flite makes go to a shim, whose files are in memory.
function speak({ flite, text }: SpeechOrder): Uint8Array {
  const wav = new File([]);
  const standardStream = () => new OpenFile(new File([]));
  const root = new PreopenDirectory("/", new Map([["speech.wav", wav]]));
  const command = ["flite", "-voice", voiceFor(text), "-t", text, "-o", "/speech.wav"];
  const wasi = new WASI(command, [], [standardStream(), standardStream(), standardStream(), root], {
    debug: false,
  });
  const status = wasi.start(new WebAssembly.Instance(flite, { wasi_snapshot_preview1: wasi.wasiImport }));
  const isWav = Buffer.from(wav.data.subarray(0, 4)).toString("latin1") === "RIFF";
  if (status !== 0 || !isWav) throw new Error(`Flite ended with status ${status} and no WAV file`);
  return wav.data;
}

// Where there is no word to say, slt is silent for 0.2 s, which are 5,964 bytes and would pass for valid audio.
function voiceFor(text: string): string {
  return /[a-z0-9]/i.test(text) ? "slt" : "kal";
}

const wav = speak(workerData as SpeechOrder);
parentPort?.postMessage(wav, [wav.buffer as ArrayBuffer]);
