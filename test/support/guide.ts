import { readFileSync } from "node:fs";
import { type CodeBlock, codeBlocks } from "./documents.ts";

export interface Instruction extends CodeBlock {
  /** what is shown as its answer: the block of text right after it */
  answer?: string;
}

interface Step {
  does: Instruction[];
  /** its way back, from **Back** on */
  undoes: Instruction[];
}

/** The code of a guide's numbered sections (`## 1. …`), in their order, each with its way back. */
export function stepsOf(path: string): Step[] {
  const [, ...sections] = readFileSync(path, "utf8").split(/^## \d+\. /m);
  return sections.map((section) => {
    const [does = "", undoes = ""] = section.split("**Back**");
    return { does: instructions(does), undoes: instructions(undoes) };
  });
}

function instructions(text: string): Instruction[] {
  const found: Instruction[] = [];
  for (const block of codeBlocks(text)) {
    const before = found.at(-1);
    if (block.language === "text" && before) before.answer = block.code;
    else found.push({ ...block });
  }
  return found;
}
