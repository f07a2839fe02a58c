import { expect, it } from "vitest";
import { startNode } from "../support/processes.ts";

it("generate refuses a path below which nothing is generated, and lists what is", async () => {
  const generate = startNode(["--import", "tsx", "scripts/generate.ts", "some/typo"]);
  expect(await generate.exited).toMatchObject({ code: 1 });
  expect(generate.output()).toMatch(/nothing is generated below some\/typo.*^docs\/alerts\.md$/ms);
});
