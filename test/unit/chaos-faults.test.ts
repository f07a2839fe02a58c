import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { brokenFrame } from "../../chaos/faults/frames.ts";
import { KINDS } from "../../chaos/faults/kinds.ts";
import { FAULTS } from "../../chaos/faults/list.ts";
import { createRandom } from "../../chaos/stage/random.ts";
import type { Part, Stage } from "../../chaos/stage/stage.ts";
import { frame } from "../../src/http/stream/frame.ts";

/** All that faults look at before they are made. */
function emptyStage(): Stage {
  const part = (name: string) => ({
    name,
    url: "http://127.0.0.1:1",
    link: {},
    setClock: () => {},
    spool: {},
  });
  const stage: unknown = {
    database: { failOver: async () => {} },
    exporters: ["exporter-1", "exporter-2"].map(part),
    workers: ["worker-1", "worker-2", "worker-3"].map(part),
    prometheus: part("prometheus"),
    heartbeatTimeout: 3,
    userMark: "zz-user",
  };
  return stage as Stage;
}

const draw = (seed: number, stage = emptyStage()) => {
  const random = createRandom(seed);
  return FAULTS.map((fault) => {
    const { targets, detail } = fault.prepare(stage, random) ?? {};
    return { kind: fault.kind, targets, detail };
  });
};

describe("the list of faults", () => {
  it("has each kind once", () => {
    expect(FAULTS.map(({ kind }) => kind)).toEqual(Object.keys(KINDS));
  });

  it("draws the same from the same seed, and something else from another one", () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("ends no process whose memory is followed", () => {
    const ending = /-(killed|stopped)$|^slot-taken$/;
    for (let seed = 0; seed < 50; seed++) {
      for (const { kind, targets } of draw(seed).filter((drawn) => ending.test(drawn.kind))) {
        expect(targets, kind).toHaveLength(1);
        expect(targets, kind).not.toContain("exporter-2");
        expect(targets, kind).not.toContain("worker-3");
      }
    }
  });

  it("leaves out what the machine cannot do", () => {
    const bare = (parts: readonly Part[]): Part[] =>
      parts.map((part) => ({ ...part, setClock: undefined, spool: undefined }));
    const stage = emptyStage();
    const without = draw(1, {
      ...stage,
      database: { ...stage.database, failOver: undefined },
      exporters: bare(stage.exporters),
      workers: bare(stage.workers),
      prometheus: undefined,
    });
    expect(without.filter(({ targets }) => targets === undefined).map(({ kind }) => kind)).toEqual([
      "failover",
      "prometheus-stopped",
      "exporter-clock-steps",
      "worker-clock-steps",
      "spool-full",
    ]);
  });
});

describe("a thousand scrapers", () => {
  /** @param answer of the request of this number, from 1 */
  async function scraped(answer: (response: ServerResponse, number: number) => void): Promise<string[]> {
    let requests = 0;
    const server = createServer((_, response) => answer(response, ++requests)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const problems: string[] = [];
    const stage = {
      ...emptyStage(),
      exporters: [{ name: "exporter-2", url: `http://127.0.0.1:${port}` } as Part],
      problem: (text: string) => void problems.push(text),
    };
    const random = { ...createRandom(1), whole: () => 1 };
    await FAULTS.find(({ kind }) => kind === "scrapers-1000")
      ?.prepare(stage, random)
      ?.inject();
    server.close();
    expect(requests).toBe(1000);
    return problems;
  }

  it("say nothing where each is answered", async () => {
    expect(await scraped((response) => response.end("tts_db_up 1\n"))).toEqual([]);
  });

  it("notice the one that is turned away, and the one whose answer breaks off", async () => {
    const problems = await scraped((response, number) => {
      if (number === 500) response.writeHead(503).end();
      else if (number === 501) response.writeHead(200, { "Content-Length": 5 }).write("tts");
      else response.end("tts_db_up 1\n");
      if (number === 501) setTimeout(() => response.destroy(), 50);
    });
    expect(problems).toEqual([
      expect.stringMatching(/^2 of 1000 scrapers at once were answered: HTTP\/1.1 503/),
    ]);
  });
});

describe("a stream's client", () => {
  const TASK = {
    text_id: 7,
    status: "failed",
    start_time: 1,
    completed_time: 2,
    error_message: "\u2028data: {}\n\n\r",
    audio_url: null,
    filename: null,
    stage: "done",
    duration: 1,
  } as const;
  const good = frame({ taskId: 5n, rank: 3 }, "failed", TASK);

  it("takes what the exporter writes, and what it has begun to write", () => {
    expect(brokenFrame(`retry: 1000\n\n${good}:\n\n${good}`, "7")).toBeUndefined();
    expect(brokenFrame(good.slice(0, -9), "7")).toBeUndefined();
  });

  it.each([
    ["another text's event", good, "8"],
    ["an id that is no position", good.replace("5:3", "5:4"), "7"],
    ["a message without id", good.replace(/^id: .*\n/, ""), "7"],
    ["a second id", `id: 5:2\n${good}`, "7"],
    ["a further field", good.replace("\ndata", "\nevent: x\ndata"), "7"],
    ["a line end to some", good.replace('"done"', '"\u2028done"'), "7"],
    ["what is no JSON", good.replace("}\n", "\n"), "7"],
    ["an event that there is not", good.replace('"event":"failed"', '"event":"fail"'), "7"],
    ["an empty message", `\n\n${good}`, "7"],
  ])("finds %s", (_, stream, textId) => {
    expect(brokenFrame(stream, textId)).toBeDefined();
  });
});
