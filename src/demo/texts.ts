import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";

/** The texts that come with the program. */
export const OWN_TEXTS = fileURLToPath(new URL("../../texts", import.meta.url));

export interface SampleText {
  title: string;
  content: string;
}

/** The .txt files of a folder, in UTF-8. @throws ConfigError where there is none or one cannot be read */
export function readTexts(folder: string): SampleText[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));
    if (names.length === 0) throw new ConfigError(`--texts: no .txt file in ${folder}`);
    return names.sort().map((name) => ({
      title: basename(name, ".txt"),
      content: readFileSync(join(folder, name), "utf8")
        .replace(/^\uFEFF/, "")
        .replaceAll("\0", "")
        .trim(),
    }));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`--texts: ${folder} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/**
 * The text as nobody has asked for it yet, by a running number as a last sentence: the same content within the
 * dedup window would be answered by the task that there is. A text without a word stays the one that fails.
 */
export function numbered(text: SampleText, number: number): SampleText {
  if (!/[\p{Letter}\p{Number}]/u.test(text.content)) return text;
  const isChinese = /\p{Script=Han}/u.test(text.content);
  const sentence = isChinese ? `这是第${number}段录音。` : ` This is recording number ${number}.`;
  return { ...text, content: text.content + sentence };
}
