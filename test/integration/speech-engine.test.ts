import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { loadSpeechEngine, type SpeechEngine } from "../../src/demo/speech-engine.ts";
import { isValidAudio } from "../../src/domain/audio.ts";

const NEVER = new AbortController().signal;
const SENTENCE = "Every evening the keeper climbs one hundred and twelve steps and lights the lamp. ";
let engine: SpeechEngine;

beforeAll(async () => {
  engine = await loadSpeechEngine();
});

/** Seconds of sound by the WAV header: data bytes over bytes per second. */
function seconds(wav: Buffer): number {
  return wav.readUInt32LE(40) / wav.readUInt32LE(28);
}

test("a text becomes a WAV file whose header fits its length", async () => {
  const wav = await engine.synthesize(SENTENCE, NEVER);
  expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
  expect(wav.toString("latin1", 8, 16)).toBe("WAVEfmt ");
  expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
  expect(isValidAudio({ fileSize: wav.length })).toBe(true);
});

test("it is speech, not silence: loud samples, and not one tone", async () => {
  const wav = await engine.synthesize(SENTENCE, NEVER);
  const samples = Array.from({ length: (wav.length - 44) / 2 }, (_, index) =>
    wav.readInt16LE(44 + 2 * index),
  );
  const loud = samples.filter((sample) => Math.abs(sample) > 3000);
  expect(loud.length).toBeGreaterThan(1000);
  expect(new Set(samples).size).toBeGreaterThan(1000);
});

test("more text takes longer to say", async () => {
  const once = seconds(await engine.synthesize(SENTENCE, NEVER));
  const fourTimes = seconds(await engine.synthesize(SENTENCE.repeat(4), NEVER));
  expect(once).toBeGreaterThan(2);
  expect(fourTimes / once).toBeGreaterThan(3);
  expect(fourTimes / once).toBeLessThan(5);
});

test("Chinese is spoken too, and two characters are already valid audio", async () => {
  expect(isValidAudio({ fileSize: (await engine.synthesize("你好。", NEVER)).length })).toBe(true);
  const sentence = await engine.synthesize("每天傍晚，守塔人都要爬上一百多级台阶，点亮那盏大灯。", NEVER);
  expect(seconds(sentence)).toBeGreaterThan(2);
});

test.each(["", "... ! ...", "……。", "🎵"])(
  "a text without a word (%j) gives an invalid audio",
  async (text) => {
    const wav = await engine.synthesize(text, NEVER);
    expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
    expect(isValidAudio({ fileSize: wav.length })).toBe(false);
  },
);

test("a text that looks like an option is spoken like any other", async () => {
  expect(seconds(await engine.synthesize("--help", NEVER))).toBeGreaterThan(0.3);
});

test("texts are spoken at the same time, each with its own words", async () => {
  const texts = ["One.", SENTENCE, SENTENCE.repeat(2), "你好。"];
  const alone = await Promise.all(texts.map((text) => engine.synthesize(text, NEVER)));
  for (const [index, text] of texts.entries()) {
    expect((await engine.synthesize(text, NEVER)).equals(alone[index] ?? Buffer.of())).toBe(true);
  }
});

test("a long text does not block this thread", async () => {
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 20);
  const wav = await engine.synthesize(SENTENCE.repeat(15), NEVER);
  clearInterval(ticking);
  expect(seconds(wav)).toBeGreaterThan(40);
  expect(ticks).toBeGreaterThan(10);
});

test("an abort ends the thread in the middle of its work", async () => {
  const abort = new AbortController();
  const speaking = engine.synthesize(SENTENCE.repeat(5000), abort.signal);
  const busy = await cpuWithin(1500);
  abort.abort();
  await expect(speaking).rejects.toThrow("aborted");
  expect(await cpuWithin(1500)).toBeLessThan(busy / 3);
});

/** Processor time that this process, its threads included, takes meanwhile. */
async function cpuWithin(milliseconds: number): Promise<number> {
  const before = process.cpuUsage();
  await sleep(milliseconds);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

test("what is aborted before it began does not begin", async () => {
  await expect(engine.synthesize(SENTENCE, AbortSignal.abort())).rejects.toThrow("aborted");
});
