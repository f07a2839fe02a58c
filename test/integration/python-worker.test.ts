import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { listen } from "../../src/http/server.ts";
import { TOKEN } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { useExporter } from "../support/exporter.ts";
import { outputOf } from "../support/output-of.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith } from "../support/programs.ts";
import { createAppTables } from "../support/seed.ts";
import { makeFolder } from "../support/temporary-server.ts";

const HEARTBEAT_TIMEOUT = 2000;

const database = useTestDatabase();
const exporter = useExporter(() => database().url, {
  heartbeat: { interval: 500, timeout: HEARTBEAT_TIMEOUT },
});
const sql = async (text: string) => (await database().pool.query(text)).rows;
const newest = async () => (await sql("select * from tts_monitor.tasks order by id desc limit 1"))[0];

interface Run {
  child: ChildProcess;
  exited: Promise<number | null>;
  output(): string;
}

describeWith("python3", "the Python example", (python) => {
  const folder = makeFolder();
  const running = new Set<ChildProcess>();
  let url = "";
  let close = async () => {};

  beforeAll(async () => {
    await createAppTables(database().pool);
    writeFileSync(join(folder, "tokens"), `python ${TOKEN}\n`);
    const server = await listen(exporter().app, { host: "127.0.0.1", port: 0 });
    close = server.close;
    url = `http://127.0.0.1:${server.port}`;
    exporter().scheduler.start();
  });
  afterEach(() => {
    for (const child of running) child.kill("SIGKILL");
  });
  afterAll(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });

  function start(textId: number, content: string, flags: string[] = [], to = url): Run {
    const fixed = ["examples/python_worker.py", to, join(folder, "tokens"), "py-1", String(textId), content];
    const child = spawn(python, [...fixed, "--directory", folder, "--heartbeat", "0.3", ...flags]);
    running.add(child);
    // "close" comes after the last of the output.
    const exited = once(child, "close").then(([code]) => {
      running.delete(child);
      return code as number | null;
    });
    return { child, exited, output: outputOf(child) };
  }

  it("speaks a text, beats meanwhile, and completes the task; the same text again is a duplicate", async () => {
    // Longer than it may be silent.
    const first = start(1, "Guten Tag 语音", ["--seconds", "3"]);
    expect([await first.exited, first.output()]).toEqual([0, expect.stringContaining("ended: completed")]);
    const task = await newest();
    expect(task).toMatchObject({ text_id: "1", status: "completed", worker: "py-1", late_at: null });
    const audio = readFileSync(new URL(task.audio_url));
    expect([audio.toString("latin1", 0, 4), String(audio.length)]).toEqual(["RIFF", task.file_size]);

    const second = start(2, "Guten Tag 语音");
    expect([await second.exited, second.output()]).toEqual([
      0,
      `duplicate of task ${task.id}, text 1: completed\n`,
    ]);
    expect(await sql("select from tts_monitor.workers")).toEqual([]);
  });

  it("fails a text that it cannot speak, with a reason", async () => {
    expect(await start(3, " ").exited).toBe(1);
    expect(await newest()).toMatchObject({
      status: "failed",
      reason: "invalid_input",
      error_message: "there is nothing to speak",
    });
  });

  it("killed in the middle of a task is lost, and the sweeper ends the task", async () => {
    const { child, exited, output } = start(4, "never spoken", ["--seconds", "60"]);
    await eventually("the task has started", () => output().includes("started"));
    child.kill("SIGKILL");
    await exited;
    await eventually("the task is swept", async () => (await newest()).reason === "worker_lost");
    expect((await sql("select state from tts_monitor.worker_states"))[0]).toEqual({ state: "lost" });
  });

  it("gives up a task that was ended without it", async () => {
    const { exited, output } = start(5, "ended by hand", ["--seconds", "60"]);
    await eventually("the task has started", () => output().includes("started"));
    await sql("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
    expect([await exited, output()]).toEqual([1, expect.stringContaining("given up")]);
    expect(existsSync(join(folder, "5.wav"))).toBe(false);
  });

  it("asks again at the limit, and where the answer to its result is lost", async () => {
    await sql("update tts_monitor.settings set concurrency_global = 0");
    let lost = 0;
    // Takes what the worker sends to the exporter, and swallows the first answer to a result.
    const proxy = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { authorization = "", "content-type": type = "" } = request.headers;
      const answer = await fetch(url + request.url, {
        method: "POST",
        headers: { authorization, "content-type": type },
        body: Buffer.concat(chunks),
      });
      if (request.url?.endsWith("/complete") && lost++ === 0) {
        request.socket.destroy();
        return;
      }
      const retryAfter = answer.headers.get("retry-after");
      if (retryAfter !== null) {
        response.setHeader("retry-after", retryAfter);
        await sql("update tts_monitor.settings set concurrency_global = null");
      }
      response.writeHead(answer.status).end(await answer.text());
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    try {
      const { port } = proxy.address() as AddressInfo;
      const { exited, output } = start(6, "at last", ["--seconds", "0"], `http://127.0.0.1:${port}`);
      expect([await exited, output()]).toEqual([0, expect.stringContaining("ended: completed")]);
      expect(lost).toBe(2);
      expect(await newest()).toMatchObject({ text_id: "6", status: "completed" });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
