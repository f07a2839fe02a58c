import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/http/app.ts";
import { describe, json, raw } from "../../src/http/operation.ts";
import { listen } from "../../src/http/server.ts";
import { eventually } from "../support/eventually.ts";

const SLOW = 300;
const ASKING = { answers: { 200: z.any() }, method: "get", summary: "" } as const;
const ENDPOINTS = [
  json(describe({ ...ASKING, id: "slow", path: "/slow" }), async () => {
    await sleep(SLOW);
    return { 200: {} };
  }),
  raw(describe({ ...ASKING, id: "streamed", path: "/streamed" }), async (_input, response) => {
    response.write("begun");
    await sleep(SLOW);
    response.end();
  }),
];

// Prometheus does so: it asks again on the connection that it has, well within the five seconds of keep-alive.
it.each(["/slow", "/streamed"])(
  "a client that asks %s again and again on one connection does not keep a server from ending",
  async (path) => {
    const server = await listen(createApp(ENDPOINTS), { host: "127.0.0.1", port: 0 });
    const socket = connect(server.port, "127.0.0.1");
    const ask = () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    let received = "";
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        received += chunk;
        // The end of an answer: of a chunked one, or of one that is `{}`.
        if (received.endsWith("0\r\n\r\n") || received.endsWith("{}")) ask();
      });
    ask();
    const answers = () => received.split("HTTP/1.1 200 OK").length - 1;
    await eventually("the second is under way", () => answers() >= (path === "/slow" ? 1 : 2));
    await sleep(SLOW / 3);
    const before = answers();
    const closed = server.close();
    await Promise.all([closed, once(socket, "close")]);
    expect(received.toLowerCase()).toContain("connection: close");
    expect(answers() - before).toBe(1);
  },
);
