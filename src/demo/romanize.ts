import { pinyin } from "pinyin-pro";

// What Unicode's compatibility forms do not bring to ASCII.
const PLAIN: Readonly<Record<string, string>> = {
  "。": ".",
  "、": ",",
  "—": ",",
  "–": ",",
  "“": '"',
  "”": '"',
  "‘": "'",
  "’": "'",
};

/**
 * A text as an English voice can read it, in ASCII: Han characters as pinyin without tone marks, accents and
 * typographic punctuation made plain, everything else left out.
 */
export function romanize(text: string): string {
  return pinyin(text, { toneType: "none", nonZh: "consecutive" })
    .replace(/[。、—–“”‘’]/g, (mark) => PLAIN[mark] ?? "")
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[^\x20-\x7e]+/g, " ")
    .replace(/\s+([,.!?;:])/g, "$1")
    .replace(/ {2,}/g, " ")
    .trim();
}
