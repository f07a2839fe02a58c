import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { PACE } from "../../src/watch/pace.ts";
import { openStream, type StreamClient } from "../support/event-stream.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { LISTENERS, taskSteps, useStreamServers } from "../support/stream-servers.ts";

const database = useTestDatabase();
const startServer = useStreamServers(database);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);
const { queue, start, end } = taskSteps(sql);
let lastText = 0;
const newText = () => ++lastText;

it("however steps, breaks, lost and doubled notifications follow each other, each client gets each event once, in order", async () => {
  const TEXTS = 3;
  const step = fc.constantFrom("step", "step", "step", "break", "pause", "deafen", "ring", "follow");
  const storm = fc.array(fc.record({ step, of: fc.nat(1000) }), { minLength: 10, maxLength: 40 });
  const servers = [
    await startServer(),
    await startServer({ listenUrl: undefined, pace: { ...PACE, polling: 50 } }),
  ];
  await fc.assert(
    fc.asyncProperty(storm, async (steps) => {
      const texts = Array.from({ length: TEXTS }, newText);
      const tasks: string[] = [];
      for (const text of texts) tasks.push(await queue(text));
      const states = texts.map(() => 1);
      const clients = texts.flatMap((text) => servers.map(({ url }) => persistentClient(url(text))));
      const advance = async (index: number) => {
        const task = tasks[index] ?? "";
        if (states[index] === 1) await start(task);
        if (states[index] === 2) await end(task, ["completed", "failed", "timeout"][Number(task) % 3]);
        states[index] = (states[index] ?? 1) + 1;
      };
      for (const { step, of } of steps) {
        if (step === "step") await advance(of % TEXTS);
        if (step === "break") clients[of % clients.length]?.reconnect();
        if (step === "pause") await sleep(of % 30);
        if (step === "deafen") await sql(`select pg_terminate_backend(pid) from (${LISTENERS}) s`);
        if (step === "ring") await sql("select pg_notify('tts_monitor_task', $1)", [tasks[of % TEXTS]]);
        if (step === "follow") await sql("notify tts_monitor_task, 'no id'");
      }
      for (const index of [0, 1, 2]) while ((states[index] ?? 3) < 3) await advance(index);
      for (const [index, client] of clients.entries()) {
        const task = tasks[Math.floor(index / servers.length)];
        const { seen, known } = await client.complete();
        const expected = [1, 2, 3].filter((rank) => rank > known).map((rank) => `${task}:${rank}`);
        expect(seen).toEqual(expected);
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
  for (const { streams } of servers) {
    await eventually("nothing is held", () => {
      expect(streams.held).toEqual({ clients: 0, tasks: 0 });
      return true;
    });
  }
});

/** Connects again as soon as it is broken off, and with its last event's id, until it has seen the end. */
function persistentClient(url: string) {
  const seen: string[] = [];
  let known: number | undefined;
  let lastEventId: string | undefined;
  let current: StreamClient | undefined;
  let wanted = false;
  const run = async () => {
    for (;;) {
      const client = await openStream(url, lastEventId);
      if (client.status === 204) break;
      current = client;
      await eventually("it ends or is to end", () => client.ended || wanted, 30_000);
      wanted = false;
      client.close();
      // Only what it has parsed counts: the rest of a broken connection never came.
      const events = [...client.events];
      for (const { id, data } of events) {
        const [taskId, rank] = id.split(":").map(Number);
        if (data["event"] !== "status") seen.push(id);
        else known ??= rank;
        expect(taskId).toBeGreaterThan(0);
        lastEventId = id;
      }
      if (lastEventId?.endsWith(":3") && client.ended) break;
    }
    return { seen, known: known ?? 0 };
  };
  const running = run();
  return {
    reconnect() {
      wanted = current !== undefined;
    },
    complete: () => running,
  };
}
