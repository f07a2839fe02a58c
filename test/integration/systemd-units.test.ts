import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { describeWith, runProgram } from "../support/programs.ts";
import { SYSTEMD_FOLDER, UNITS } from "../support/systemd.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

describeWith("systemd-analyze", "systemd", (analyze) => {
  /** What it says of a unit whose program is one of this machine. */
  function verify(name: string, change = (text: string) => text) {
    const text = readFileSync(`${SYSTEMD_FOLDER}/${name}`, "utf8");
    const path = join(folder, name);
    writeFileSync(path, change(text.replaceAll("/usr/bin/node ", `${process.execPath} `)));
    return runProgram(analyze, "verify", "--man=no", path);
  }

  it.each(UNITS)("knows every directive of $name, and its value", ({ name }) => {
    expect(verify(name)).toEqual({ status: 0, output: "" });
  });

  it("tells of a directive that it does not know, so that its silence means something", () => {
    const { output } = verify("tts-monitor.service", (text) => text.replace("MemoryMax=", "MemoryMost="));
    expect(output).toContain("MemoryMost");
  });

  it.each(UNITS)("finds little that $name could do to the machine", ({ name }) => {
    const { output } = runProgram(analyze, "security", "--offline=true", `${SYSTEMD_FOLDER}/${name}`);
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(output) ?? [];
    expect(Number(exposure)).toBeLessThan(2.5);
  });
});
