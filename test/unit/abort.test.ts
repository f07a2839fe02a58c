import { expect, it } from "vitest";
import { onAbort } from "../../src/domain/abort.ts";

it("hears of a signal that fires, and of one that has fired before anybody asked, once each", () => {
  const heard: string[] = [];
  const stop = new AbortController();
  onAbort(stop.signal, () => heard.push("asked before"));
  expect(heard).toEqual([]);
  stop.abort();
  onAbort(stop.signal, () => heard.push("asked after"));
  stop.abort();
  expect(heard).toEqual(["asked before", "asked after"]);
});
