import { expect, it } from "vitest";
import { PENDING_TIMEOUT } from "../../grafana/src/dashboards/tasks/matching.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { parseDuration } from "../../src/domain/duration.ts";
import { REASONS } from "../../src/domain/reason.ts";
import { STATUSES } from "../../src/domain/task.ts";
import { BOARDS, variablesOf } from "../support/dashboards/read.ts";

/** The values that the page of tasks offers. */
function offered(name: string): string[] {
  const tasks = BOARDS.filter(({ uid }) => uid === "tts-tasks").flatMap(variablesOf);
  const options = tasks.find((variable) => variable.name === name)?.options ?? [];
  return options.map(({ value }) => String(value)).filter((value) => value !== "$__all");
}

it("the page of tasks offers every status that a task may have, and stuck", () => {
  expect(offered("status").toSorted()).toEqual([...STATUSES, "stuck"].toSorted());
});

it("the page of tasks offers every reason that a task may have", () => {
  expect(offered("reason").toSorted()).toEqual(REASONS.toSorted());
});

it("the page of tasks takes a pending task for stuck when the exporter does", () => {
  const minutes = parseDuration(SETTINGS["task.pending-timeout"].default) / 60_000;
  expect(PENDING_TIMEOUT).toBe(`interval '${minutes} minutes'`);
});
