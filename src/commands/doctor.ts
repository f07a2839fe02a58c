import type { Finding } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import { unicodeEscape } from "../domain/unicode-escape.ts";
import type { Command } from "./command.ts";

const FOUND_A_FAULT = 1;

export const doctorCommand: Command<"doctor"> = {
  name: "doctor",
  summary: "examines configuration and database as serve would use them, with a hint for what is wrong",
  async run(config, io) {
    let code = 0;
    await examine(config, {
      tell(name, finding) {
        for (const line of linesOf(name, finding)) io.print(line);
        if (finding.level === "fail") code = FOUND_A_FAULT;
      },
      log: io.log,
    });
    return code;
  },
};

/** One line, and the hint below it. Names in them are other people's: none of them makes a line of its own. */
export function linesOf(name: string, finding: Finding): string[] {
  const lines = [`${finding.level.padEnd(4)}  ${name}: ${finding.found}`];
  if (finding.level !== "ok") lines.push(`      hint: ${finding.hint}`);
  return lines.map((line) => line.replaceAll(/\p{Cc}/gu, unicodeEscape));
}
