import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { romanize } from "../../src/demo/romanize.ts";

test("Han characters become pinyin without tone marks, with the punctuation that a voice pauses at", () => {
  expect(romanize("每天傍晚，守塔人都要爬上台阶。你好！")).toBe(
    "mei tian bang wan, shou ta ren dou yao pa shang tai jie. ni hao!",
  );
});

test("a character with two readings takes the one of its word", () => {
  expect(romanize("银行")).toBe("yin hang");
  expect(romanize("行走")).toBe("xing zou");
});

test("English stays as it is, but for typographic marks, accents and line ends", () => {
  expect(romanize("It’s “fine” at the café.\nSecond line, 42.")).toBe(
    'It\'s "fine" at the cafe. Second line, 42.',
  );
});

test("both languages may stand in one text", () => {
  expect(romanize("这是第42段 audio。")).toBe("zhe shi di 42 duan audio.");
});

test("what no voice can say is left out, control characters and emoji too", () => {
  expect(romanize("a\0b\u0007c 🎵")).toBe("a b c");
  expect(romanize("🎵")).toBe("");
});

test("every sample text is readable ASCII afterwards", () => {
  const names = readdirSync("texts").filter((name) => name.endsWith(".txt"));
  expect(names.filter((name) => name.startsWith("en-")).length).toBeGreaterThanOrEqual(12);
  expect(names.filter((name) => name.startsWith("zh-")).length).toBeGreaterThanOrEqual(12);
  for (const name of names) {
    expect(romanize(readFileSync(`texts/${name}`, "utf8")), name).toMatch(/^[\x20-\x7e]+$/);
  }
});
