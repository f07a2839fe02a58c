import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/http/app.ts";
import { describe as describeOperation, json, raw } from "../../src/http/operation.ts";
import { listen } from "../../src/http/server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const text = { answers: { 200: z.any() } };
const ENDPOINTS = [
  json(describeOperation({ ...text, id: "get", method: "get", path: "/", summary: "" }), async () => ({
    200: {},
  })),
  json(describeOperation({ ...text, id: "post", method: "post", path: "/", summary: "" }), async () => ({
    200: {},
  })),
  json(
    describeOperation({ ...text, id: "read", method: "post", path: "/read", summary: "", body: z.any() }),
    async () => ({ 200: {} }),
  ),
  raw(
    describeOperation({ ...text, id: "begun", method: "post", path: "/begun", summary: "" }),
    (_input, response) => {
      response.write("half");
    },
  ),
];

const QUICK = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 };

async function serve(): Promise<number> {
  const server = await listen(createApp(ENDPOINTS), { host: "127.0.0.1", port: 0 }, { limits: QUICK });
  closing.push(server.close);
  return server.port;
}

function open(port: number): { socket: Socket; answer: Promise<string> } {
  const socket = connect(port, "127.0.0.1");
  closing.push(() => socket.destroy());
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    received += chunk;
  });
  socket.on("error", () => {});
  return { socket, answer: once(socket, "close").then(() => received) };
}

async function answerTo(sent: string): Promise<string> {
  const { socket, answer } = open(await serve());
  socket.write(sent);
  return await answer;
}

const head = (answer: string) => answer.split("\r\n")[0];
const body = (answer: string) => JSON.parse(answer.split("\r\n\r\n")[1] ?? "");

describe("a client that takes its time", () => {
  it("with the headers is told so, and hung up on", async () => {
    const answer = await answerTo("GET / HTTP/1.1\r\nHost: x\r\nX-Slow:");
    expect(head(answer)).toBe("HTTP/1.1 408 Request Timeout");
    expect(body(answer)).toEqual({ error: "the request took too long" });
  });

  it("with one byte after the other gains nothing by it", async () => {
    const { socket, answer } = open(await serve());
    socket.write("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => socket.write("X"), 40);
    closing.push(() => clearInterval(drip));
    expect(head(await answer)).toBe("HTTP/1.1 408 Request Timeout");
  });

  it("with the body is told so, and hung up on", async () => {
    const headers =
      "POST /read HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n";
    expect(head(await answerTo(`${headers}{`))).toBe("HTTP/1.1 408 Request Timeout");
  });

  it("while half its answer is sent gets no second answer into it", async () => {
    const answer = await answerTo("POST /begun HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    expect(head(answer)).toBe("HTTP/1.1 200 OK");
    expect(answer).not.toContain("408");
  });
});

describe("what is no request", () => {
  it.each([
    ["\x16\x03\x01\x00\xa5 a TLS client", "400 Bad Request"],
    ["GET / HTTP/9.9\r\n\r\n", "400 Bad Request"],
    [
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "400 Bad Request",
    ],
    ["GET / HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n", "400 Bad Request"],
    ["GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n", "400 Bad Request"],
    ["GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400 Bad Request"],
    [`GET / HTTP/1.1\r\nHost: x\r\nA: ${"b".repeat(20_000)}\r\n\r\n`, "431 Request Header Fields Too Large"],
    [`GET /${"b".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, "431 Request Header Fields Too Large"],
  ])("is answered like other errors, and hung up on: %.30j", async (sent, status) => {
    const answer = await answerTo(sent);
    expect(head(answer)).toBe(`HTTP/1.1 ${status}`);
    expect(answer).toContain("\r\nConnection: close\r\n");
    expect(body(answer)).toEqual({ error: expect.any(String) });
  });
});

describe("a body of more than 64 KiB", () => {
  const announced = (method: string, path: string, length: number) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  it.each([
    ["GET", "/", 413],
    ["POST", "/", 413],
    ["POST", "/read", 413],
    ["GET", "/nothing", 404],
    ["PUT", "/", 405],
  ])("is not waited for: %s %s", async (method, path, status) => {
    const answer = await answerTo(announced(method, path, 65_537));
    expect(head(answer)).toContain(`HTTP/1.1 ${status} `);
    expect(body(answer)).toEqual({ error: expect.any(String) });
  });

  it("in chunks is cut, where nobody reads it and where somebody does", async () => {
    for (const [path, status] of [
      ["/", 200],
      ["/read", 413],
      ["/nothing", 404],
    ] as const) {
      const { socket, answer } = open(await serve());
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
      const flood = setInterval(() => socket.write(chunk), 5);
      closing.push(() => clearInterval(flood));
      expect(head(await answer)).toContain(`HTTP/1.1 ${status} `);
    }
  });

  it("is one of 65,537 bytes: one of 65,536 is read", async () => {
    const { socket, answer } = open(await serve());
    socket.write(
      announced("POST", "/read", 65_536).replace("Host", "Connection: close\r\nHost") +
        `[${" ".repeat(65_534)}]`,
    );
    expect(head(await answer)).toBe("HTTP/1.1 200 OK");
  });
});
