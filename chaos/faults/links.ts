import type { TcpProxy } from "../../test/support/tcp-proxy.ts";
import type { Random } from "../stage/random.ts";
import type { Part, Stage } from "../stage/stage.ts";
import type { Fault, Prepared } from "./fault.ts";
import { lasting, long, short } from "./time.ts";

export const EXPORTER_CUT_OFF: Fault = {
  kind: "exporter-cut-off",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => breakLink(random.pick(stage.exporters), "cut", long(stage, random)),
};

export const EXPORTER_LINK_DEAD: Fault = {
  kind: "exporter-link-dead",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => breakLink(random.pick(stage.exporters), "hang", long(stage, random)),
};

export const WORKER_CUT_OFF_SHORT: Fault = {
  kind: "worker-cut-off-short",
  lane: "breaking",
  seconds: 1,
  prepare: (stage, random) => breakLink(random.pick(stage.workers), "cut", short(random)),
};

export const WORKER_CUT_OFF: Fault = {
  kind: "worker-cut-off",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => breakLink(random.pick(stage.workers), "cut", long(stage, random)),
};

export const WORKER_LINK_DEAD: Fault = {
  kind: "worker-link-dead",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => breakLink(random.pick(stage.workers), "hang", long(stage, random)),
};

function breakLink({ name, link }: Part, how: "cut" | "hang", ms: number): Prepared | undefined {
  if (!link) return undefined;
  return {
    targets: [name],
    detail: `${ms} ms`,
    inject: () =>
      lasting(
        ms,
        () => link[how](),
        () => link.heal(),
      ),
  };
}

export const SLOW_LINKS: Fault = {
  kind: "slow-links",
  lane: "breaking",
  seconds: 3,
  prepare: slowLinks,
};

function slowLinks(stage: Stage, random: Random): Prepared {
  const parts = [...stage.exporters, ...stage.workers];
  const links: TcpProxy[] = parts.flatMap(({ link }) => link ?? []);
  // Each way; an answer comes twice as late.
  const each = random.whole(50, 150);
  const ms = random.whole(2000, 4000);
  return {
    targets: parts.map(({ name }) => name),
    detail: `${2 * each} ms late, for ${ms} ms`,
    inject: () =>
      lasting(
        ms,
        () => links.forEach((link) => void link.delay(each)),
        () => links.forEach((link) => void link.heal()),
      ),
  };
}
