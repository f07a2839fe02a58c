import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { header } from "../../src/demo/header.ts";
import { readTexts } from "../../src/demo/texts.ts";
import { formatTotals } from "../../src/demo/totals.ts";
import { codeBlocks, DOCUMENTS } from "../support/documents.ts";

const README = DOCUMENTS.get("README.md") ?? "";
const SHOWN = codeBlocks(README).find(({ code }) => code.includes("Ctrl-C ends everything"))?.code ?? "";
const LINES = SHOWN.split("\n").filter((line) => line !== "");

const url = (port: number) => `http://127.0.0.1:${port}`;

/** The first screen of a demo with the default settings, on free ports, with all programs installed. */
function firstScreen(): string[] {
  const settings = loadConfig("demo", [], {});
  const { port } = settings.web.listenAddress;
  const folder = (name: string) => `${settings.dataDir}/${name}`;
  return header({
    settings,
    folders: {
      postgres: folder("postgres"),
      audio: folder("audio"),
      run: folder("run"),
      logs: folder("logs"),
      prometheus: folder("prometheus"),
      alertmanager: folder("alertmanager"),
    },
    exporter: {
      port,
      address: `localhost:${port}`,
      url: `http://localhost:${port}`,
      token: { path: folder("token"), token: "" },
    },
    workers: {
      urls: Array.from({ length: settings.workers }, (_, index) => url(port + 1 + index)),
      dispatch: () => false,
    },
    observers: { prometheusUrl: url(9090), alertmanagerUrl: url(9093) },
    texts: readTexts("texts"),
  });
}

describe("the run that README.md shows", () => {
  it("begins as a demo begins, some lines left out", () => {
    const [first, ...rest] = LINES.filter((line) => !/^\d|^…|^stopping/.test(line));
    expect(firstScreen()).toEqual(expect.arrayContaining([first, ...rest]));
    expect(rest.length).toBeGreaterThan(6);
  });

  it("goes on with lines of totals as the demo writes them", () => {
    const totals = LINES.filter((line) => /^\d\d:\d\d:\d\d {2}/.test(line)).map((line) => line.slice(10));
    expect(totals.length).toBeGreaterThan(1);
    for (const line of totals) {
      const [texts = 0, textsCompleted = 0, , processing = 0, pending = 0, completed = 0, ...rest] = (
        line.match(/\d+(\.\d+)?/g) ?? []
      ).map(Number);
      const [failed = 0, timeout = 0, workersLive = 0] = rest;
      expect(line).toBe(
        formatTotals({ texts, textsCompleted, processing, pending, completed, failed, timeout, workersLive }),
      );
    }
  });
});
