import { expect, it } from "vitest";
import { parse } from "yaml";
import { COMPOSE, SERVICES } from "../support/compose.ts";
import { describeWith, runProgram } from "../support/programs.ts";

interface Resolved {
  services: Record<string, { depends_on?: object; environment?: object; command?: string[] }>;
}

describeWith("docker-compose", "docker-compose", (compose) => {
  it("takes docker-compose.yml as it is", () => {
    expect(runProgram(compose, "config", "--quiet")).toEqual({ status: 0, output: "" });
  });

  it("refuses a key that it does not know, so that its silence means something", () => {
    const { status, output } = runProgram(
      "sh",
      "-c",
      `sed 's/mem_limit: 1g/mem_limits: 1g/' docker-compose.yml | ${compose} --file - config --quiet`,
    );
    expect(status).not.toBe(0);
    expect(output).toContain("mem_limits");
  });

  it("reads of it what the other tests read", () => {
    const { output } = runProgram(compose, "--profile", "demo", "config");
    const { services } = parse(output) as Resolved;
    expect(Object.keys(services).toSorted()).toEqual(Object.keys(COMPOSE.services).toSorted());
    for (const [name, { command, depends_on: needs, environment = {} }] of SERVICES) {
      const theirs = services[name];
      expect(theirs?.command, name).toEqual(command);
      expect(theirs?.depends_on, name).toEqual(needs);
      expect(theirs?.environment ?? {}, name).toMatchObject(environment);
    }
  });
});
