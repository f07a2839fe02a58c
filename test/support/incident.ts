import { expect } from "vitest";
import type { Alerting } from "./alerting.ts";
import { eventually } from "./eventually.ts";
import type { Message } from "./notifications.ts";

const PATIENCE_MS = 30_000;

type Told = Pick<Message, "receiver" | "alertname">;

/** What the receivers get from a fault to its mending. */
export interface Incident {
  /** Waits until the receiver is told that it fires, and returns what it says. */
  fires(receiver: Message["receiver"], alertname: string): Promise<string>;
  /**
   * Waits until nothing fires any more; fails unless these alerts alone were told to these receivers, each once as
   * firing, with a link to its runbook, and once as resolved.
   */
  isOver(told: Partial<Record<Message["receiver"], string[]>>): Promise<void>;
}

export function beginIncident({ receivers, firing, problems }: Alerting): Incident {
  const begin = receivers.messages.length;
  const messages = () =>
    receivers.messages.slice(begin).filter(({ alertname }) => alertname !== "TTSWatchdog");
  const listed = () =>
    messages().map(({ receiver, status, alertname }) => `${receiver}: ${alertname} ${status}`);
  const told = (wanted: Told, status: Message["status"]) =>
    messages().find(
      (message) =>
        message.receiver === wanted.receiver &&
        message.alertname === wanted.alertname &&
        message.status === status,
    );
  const untilTold = async (wanted: Told, status: Message["status"]) =>
    await eventually(
      `${wanted.receiver} is told that ${wanted.alertname} is ${status}`,
      async () => {
        const message = told(wanted, status);
        if (!message) throw new Error(`told: ${listed()}; firing: ${await firing()}`);
        return message;
      },
      PATIENCE_MS,
    );
  return {
    fires: async (receiver, alertname) => (await untilTold({ receiver, alertname }, "firing")).text,
    async isOver(all) {
      const expected = Object.entries(all).flatMap(([receiver, names]) =>
        names.map((alertname) => ({ receiver: receiver as Message["receiver"], alertname })),
      );
      for (const one of expected) await untilTold(one, "resolved");
      await eventually(
        "nothing fires",
        async () => {
          const names = await firing();
          if (names.length > 0) throw new Error(`firing: ${names}; told: ${listed()}`);
          return true;
        },
        PATIENCE_MS,
      );
      const once = expected.flatMap(({ receiver, alertname }) => [
        `${receiver}: ${alertname} firing`,
        `${receiver}: ${alertname} resolved`,
      ]);
      expect(listed().sort()).toEqual(once.sort());
      for (const { alertname, links } of messages()) {
        expect(links, alertname).toContainEqual(expect.stringMatching(`/runbooks/${alertname}\\.md$`));
      }
      expect(await problems()).toEqual([]);
    },
  };
}
