import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { startTestProxy } from "../support/test-proxy.ts";

// Long enough for bytes that are let through to arrive over the loopback many times over.
const LONG_ENOUGH = 150;

/** Answers everything with its name before it. */
function startEcho(name: string) {
  const server = createServer((socket) => {
    accepted.add(socket);
    socket.on("data", (bytes) => socket.write(`${name}:${bytes}`));
    socket.on("error", () => {});
    socket.on("close", () => accepted.delete(socket));
  });
  const accepted = new Set<Socket>();
  return {
    accepted,
    async start() {
      await once(server.listen(0, "127.0.0.1"), "listening");
      return `postgres://127.0.0.1:${(server.address() as AddressInfo).port}/db`;
    },
    async stop() {
      for (const socket of accepted) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

const [one, two] = [startEcho("one"), startEcho("two")];
let urls = { one: "", two: "" };
let proxy: TcpProxy;
let clients: Socket[] = [];
beforeAll(async () => {
  urls = { one: await one.start(), two: await two.start() };
});
afterAll(() => Promise.all([one.stop(), two.stop()]));
beforeEach(async () => {
  proxy = await startTestProxy(urls.one);
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  clients = [];
  await proxy.close();
});

async function open() {
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  clients.push(socket);
  const state = { heard: "", closed: false };
  socket.on("data", (bytes) => {
    state.heard += bytes;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    state.closed = true;
  });
  await eventually("it is connected or refused", () => !socket.connecting);
  return { socket, state };
}

const answer = (link: Awaited<ReturnType<typeof open>>, text: string) =>
  eventually(`it answers ${text}`, () => link.state.heard === text);

it("passes on what comes, and the ends of connections", async () => {
  const link = await open();
  link.socket.write("a");
  await answer(link, "one:a");
  link.socket.destroy();
  await eventually("the server sees the end", () => one.accepted.size === 0);
});

it("when cut, ends what is connected and whoever connects, until it is healed", async () => {
  const link = await open();
  proxy.cut();
  await eventually("it is ended", () => link.state.closed);
  const refused = await open();
  await eventually("a new one too", () => refused.state.closed);
  proxy.heal();
  const healed = await open();
  healed.socket.write("b");
  await answer(healed, "one:b");
});

it("when hung, keeps old and new connections open and silent, and those that hung dead for good", async () => {
  const old = await open();
  old.socket.write("a");
  await answer(old, "one:a");
  proxy.hang();
  const fresh = await open();
  for (const { socket } of [old, fresh]) socket.write("lost");
  await sleep(LONG_ENOUGH);
  proxy.heal();
  for (const { socket } of [old, fresh]) socket.write("too late");
  const healed = await open();
  healed.socket.write("c");
  await answer(healed, "one:c");
  expect([old, fresh].map(({ state }) => state)).toEqual([
    { heard: "one:a", closed: false },
    { heard: "", closed: false },
  ]);
});

it("tells the server nothing of clients that went while it hung, and ends them when it is healed", async () => {
  const link = await open();
  link.socket.write("a");
  await answer(link, "one:a");
  proxy.hang();
  link.socket.destroy();
  await sleep(LONG_ENOUGH);
  expect(one.accepted.size).toBe(1);
  proxy.heal();
  await eventually("the server sees the end", () => one.accepted.size === 0);
});

it("delays what it passes on", async () => {
  proxy.delay(LONG_ENOUGH);
  const link = await open();
  const begin = performance.now();
  link.socket.write("a");
  await answer(link, "one:a");
  expect(performance.now() - begin).toBeGreaterThan(1.9 * LONG_ENOUGH);
});

it("goes to another server when told to, and ends what was connected to the first", async () => {
  const link = await open();
  proxy.retarget(urls.two);
  await eventually("it is ended", () => link.state.closed);
  const moved = await open();
  moved.socket.write("a");
  await answer(moved, "two:a");
});
