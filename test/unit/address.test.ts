import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isScrapeAddress, parseListenAddress } from "../../src/domain/address.ts";

describe("parseListenAddress", () => {
  it.each([
    [":9560", undefined, 9560],
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["[::1]:9560", "::1", 9560],
    ["[::]:65535", "::", 65_535],
    ["localhost:80", "localhost", 80],
    ["0x7f.1:80", "127.0.0.1", 80],
  ])("reads %s", (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  it.each([
    "",
    ":",
    "9560",
    "localhost",
    "localhost:",
    ":65536",
    ":99999",
    ":-1",
    ":1.5",
    ":http",
    "::1:9560",
    "[::1]",
    "[::1:9560",
    "256.0.0.1:80",
    "http://localhost:80",
    "user@localhost:80",
    "local host:80",
    " :80",
    ":80 ",
    ":80\n",
    "a/b:80",
  ])("refuses %j", (text) => {
    expect(() => parseListenAddress(text)).toThrow(RangeError);
  });
});

describe("an address to scrape", () => {
  it.each([
    "w:9561",
    "worker-1:9561",
    "tts_worker.internal:9561",
    "10.0.0.7:1",
    "127.0.0.1:65535",
    "localhost:9561",
    "[::1]:9561",
    "[2001:db8::7]:9561",
    "[fd00::1]:9561",
    "169.253.255.255:9561",
    "169.255.0.0:9561",
  ])("may be %s", (text) => {
    expect(isScrapeAddress(text)).toBe(true);
  });

  it.each([
    ["no host", ":9561"],
    ["no port", "worker-1"],
    ["port 0", "worker-1:0"],
    ["a port too large", "worker-1:65536"],
    ["a path", "worker-1:9561/metrics"],
    ["a path before the port", "worker-1/x:9561"],
    ["a query", "worker-1?x:9561"],
    ["a fragment", "worker-1#:9561"],
    ["a scheme", "http://worker-1:9561"],
    ["user information", "user:secret@worker-1:9561"],
    ["white space", "worker 1:9561"],
    ["a line break", "worker-1\n:9561"],
    ["a line break at the end", "worker-1:9561\n"],
    ["NUL", "worker-1\0:9561"],
    ["a quote, to end a label", 'w",job="x:9561'],
    ["braces, to begin a template", "{{.}}:9561"],
    ["two addresses", "a:1,b:2"],
    ["percent-encoding", "%31%36%39.254.169.254:9561"],
    ["full-width digits", "１６９.254.169.254:9561"],
    ["a zone", "[fe80::1%eth0]:9561"],
  ])("has not %s", (_, text) => {
    expect(isScrapeAddress(text)).toBe(false);
  });

  it.each([
    "169.254.169.254",
    "169.254.0.0",
    "169.254.169.254.",
    "169.254.43518",
    "169.16689662",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "025177524776",
    "[fe80::1]",
    "[febf::1]",
    "[FE80:0:0:0:0:0:0:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:a9fe:1]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
  ])("is not link-local, here as %s", (host) => {
    expect(isScrapeAddress(`${host}:9561`)).toBe(false);
  });

  it.each([
    "0.0.0.0",
    "0",
    "0x0",
    "000.0.0.0",
    "0.255.255.255",
    "[::]",
    "[0:0:0:0:0:0:0:0]",
    "[::ffff:0.0.0.0]",
  ])("is not unspecified, here as %s", (host) => {
    expect(isScrapeAddress(`${host}:9561`)).toBe(false);
  });

  it("is never link-local, however its four numbers are written", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const notation = fc.constantFrom(
      (n: number) => `${n}`,
      (n: number) => `0${n.toString(8)}`,
      (n: number) => `0x${n.toString(16)}`,
    );
    const written = fc.tuple(byte, byte, fc.array(notation, { minLength: 4, maxLength: 4 }));
    fc.assert(
      fc.property(written, ([third, fourth, notations]) => {
        const host = notations.map((write, i) => write([169, 254, third, fourth][i] ?? 0)).join(".");
        expect(isScrapeAddress(`${host}:9561`)).toBe(false);
      }),
    );
  });

  it("throws nothing, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."019af.:-[]%@/#\\ \0\n点") }), (text) => {
        expect(typeof isScrapeAddress(`${text}:80`)).toBe("boolean");
      }),
    );
  });
});
