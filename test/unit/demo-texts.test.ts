import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { numbered, readTexts } from "../../src/demo/texts.ts";
import { contentHash } from "../../src/domain/content-hash.ts";
import { ConfigError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "tts-monitor-texts-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the texts of a folder are its .txt files, by name", () => {
  writeFileSync(join(folder, "b.txt"), "\uFEFFSecond.\n");
  writeFileSync(join(folder, "a.txt"), "你好。\0\n");
  writeFileSync(join(folder, "notes.md"), "no text");
  expect(readTexts(folder)).toEqual([
    { title: "a", content: "你好。" },
    { title: "b", content: "Second." },
  ]);
});

test("a folder that cannot be read, or has no text, is an error that names the setting", () => {
  expect(() => readTexts(join(folder, "missing"))).toThrow(ConfigError);
  expect(() => readTexts(join(folder, "missing"))).toThrow("--texts");
  expect(() => readTexts("src/domain")).toThrow("--texts: no .txt file");
});

test("a running number makes new content of a text, in its language", () => {
  const english = { title: "en", content: "Good morning." };
  expect(numbered(english, 7).content).toBe("Good morning. This is recording number 7.");
  expect(numbered({ title: "zh", content: "你好。" }, 7).content).toBe("你好。这是第7段录音。");
  expect(contentHash(numbered(english, 7).content)).not.toBe(contentHash(numbered(english, 8).content));
});

test("a text without a word stays without one", () => {
  expect(numbered({ title: "pause", content: "... ! ..." }, 7).content).toBe("... ! ...");
});
