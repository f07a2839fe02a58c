import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

const LOGGER = JSON.stringify(resolve("dist/logger.js"));

/** A process with a `log` that runs the code. */
function startLogging(format: string, code: string, stderr: "pipe" | number = "pipe") {
  const settings = `{ level: "info", format: "${format}" }`;
  const program = `import { createLogger } from ${LOGGER}; const log = createLogger(${settings}); ${code}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["pipe", "pipe", stderr],
  });
}

async function logged(format: string, code: string): Promise<string> {
  const { stderr } = startLogging(format, code);
  return await text(stderr ?? expect.fail("no stderr"));
}

describe("the JSON log", () => {
  it("is one object a line, with fields, level by name and ISO time", async () => {
    const lines = await logged(
      "json",
      'log.debug("hidden"); log.child({ a: 1 }).warn({ b: "x\\ny" }, "said");',
    );
    expect(JSON.parse(lines)).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      pid: expect.any(Number),
      a: 1,
      b: "x\ny",
      msg: "said",
    });
  });
});

describe("the log for people", () => {
  it("is one line an entry that no message can forge", async () => {
    const lines = await logged("pretty", 'log.info({ a: "x\\nFORGED" }, "said\\nFORGED \\u001b[31m");');
    expect(lines).toMatch(
      /^\[[\d:.]+\] INFO \(\d+\): said\\u000aFORGED \\u001b\[31m \{"a":"x\\nFORGED"\}\n$/,
    );
  });
});

describe.each(["json", "pretty"])("the %s log", (format) => {
  it("has written all when the process exits at once", async () => {
    const lines = await logged(
      format,
      'for (let i = 1; i <= 100; i++) log.info("line " + i + "."); process.exit(0);',
    );
    expect(lines).toContain("line 100.");
    expect(lines.trimEnd().split("\n")).toHaveLength(100);
  });

  it("does not end the process when nobody reads it any more", async () => {
    const child = startLogging(
      format,
      'process.stdin.once("data", () => { for (let i = 0; i < 100; i++) log.error("x"); setTimeout(alive, 50); });' +
        'function alive() { log.error("y"); console.log("alive"); process.exit(0); }',
    );
    child.stderr?.destroy();
    child.stdin?.write("the pipe is broken now\n");
    expect(await text(child.stdout ?? expect.fail("no stdout"))).toBe("alive\n");
  });

  it.skipIf(!existsSync("/dev/full"))("does not end the process when its disk is full", async () => {
    const code =
      'for (let i = 0; i < 20_000; i++) log.error("x".repeat(200)); setTimeout(() => console.log("alive"), 50);';
    const child = startLogging(format, code, openSync("/dev/full", "w"));
    expect(await text(child.stdout ?? expect.fail("no stdout"))).toBe("alive\n");
  });

  it("does not hold up the process when its reader stops reading", async () => {
    const code = 'for (let i = 0; i < 20_000; i++) log.error("x".repeat(200)); console.log("alive");';
    const child = startLogging(format, code);
    // Not resumed: what the pipe cannot hold has to go elsewhere than into waiting.
    child.stderr?.pause();
    const [said] = await once(child.stdout ?? expect.fail("no stdout"), "data");
    expect(String(said)).toBe("alive\n");
    child.stderr?.resume();
    await once(child, "close");
  });
});
