import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config.ts";
import { parseDuration } from "../../src/domain/duration.ts";
import { COMPOSE, mountsOf, SERVICES, type Service, secretsOf, service } from "../support/compose.ts";
import { healthCheckOf, pairsOf } from "../support/dockerfile.ts";
import { DATA_SOURCES, EXAMPLE, expanded } from "../support/grafana-provisioning.ts";
import { expectTaken } from "../support/known-settings.ts";
import { readYaml } from "../support/rules.ts";

const MANIFEST = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const NAMES = SERVICES.map(([name]) => name);
const OURS = SERVICES.filter(([, { build }]) => build !== undefined);
const PORTS: Record<string, number> = { postgres: 5432, prometheus: 9090, alertmanager: 9093, grafana: 3000 };
// What the last writes of a worker may take after its grace (src/worker/drain.ts).
const LAST_WRITES_MS = 10_000;

/** What one of our containers is started with, parsed as its program does. */
function configOf({ build, command = [], environment = {} }: Service): Config<"serve" | "migrate" | "demo"> {
  if (build?.target !== "demo") {
    const [name, ...flags] = command;
    return expectTaken(name === "migrate" ? "migrate" : "serve", flags, environment);
  }
  return expectTaken("demo", command.slice(1), { ...pairsOf("demo", "ENV"), ...environment });
}

/** host:port of every address in a text. */
function addressesIn(text: string): string[] {
  return [...text.matchAll(/\b([a-z][\w.-]*|[\d.]+):(\d{4})\b/g)].map(([address]) => address);
}

function portOf(name: string): number | undefined {
  const config = service(name).build ? configOf(service(name)) : undefined;
  return config && "web" in config ? config.web.listenAddress?.port : PORTS[name];
}

describe("every container", () => {
  it.each(SERVICES)("%s has no right of root's, and writes to its volumes only", (_, one) => {
    expect(one).toMatchObject({
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      read_only: true,
      init: true,
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
    });
    if (one.build === undefined) expect(one.user).toMatch(/^[1-9]\d+:\d+$/);
    for (const { named, readOnly, target } of mountsOf(one)) expect(named || readOnly, target).toBe(true);
  });

  it("is of one exact version, ours of the package's", () => {
    for (const [name, { image, build }] of SERVICES) {
      expect(image, name).toMatch(/:v?\d+\.\d+(\.\d+)?(-bookworm)?$/);
      if (build) expect(image.split(":")[1], name).toBe(MANIFEST.version);
    }
    const targets = new Set(OURS.map(([, { image, build }]) => `${image} ${build?.target}`));
    expect(targets.size).toBe(2);
  });

  it("publishes ports to this machine only, the database none, and what is scaled none", () => {
    for (const [name, { ports = [] }] of SERVICES) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    }
    const published = SERVICES.filter(([, { ports }]) => ports !== undefined).map(([name]) => name);
    expect(published).toEqual(["exporter", "prometheus", "alertmanager", "grafana"]);
    for (const name of published) {
      expect(service(name).ports?.map((port) => Number(port.split(":")[1]))).toEqual([portOf(name)]);
    }
    expect(COMPOSE.networks["database"]?.internal).toBe(true);
    expect(service("postgres").networks).toEqual(["database"]);
  });

  it("finds what it mounts, its secrets and its networks", () => {
    for (const [name, one] of SERVICES) {
      for (const { source, named } of mountsOf(one)) {
        if (named) expect(COMPOSE.volumes, name).toHaveProperty(source);
        else expect(existsSync(source), source).toBe(true);
      }
      expect(Object.keys(COMPOSE.networks)).toEqual(expect.arrayContaining(one.networks));
      expect(Object.keys(COMPOSE.secrets)).toEqual(expect.arrayContaining([...secretsOf(one).keys()]));
    }
  });

  it("is given the secrets that it reads, and no other", () => {
    for (const [name, one] of OURS) {
      const read = Object.values(one.environment ?? {}).filter((value) => value.startsWith("/run/secrets/"));
      expect([...secretsOf(one).values()].toSorted(), name).toEqual(read.toSorted());
    }
    const used = SERVICES.flatMap(([, one]) => [...secretsOf(one).keys()]);
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(COMPOSE.secrets).toSorted());
  });

  it("holds no password in its environment", () => {
    for (const [name, { environment = {} }] of SERVICES) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|TOKEN|SECRET/.test(variable)) expect(value, name).toMatch(/^\/run\/secrets\//);
        expect(value, variable).not.toMatch(/:\/\/[^/]*:[^/]*@/);
      }
    }
  });

  it("waits for services that tell when they are ready, or end", () => {
    for (const [name, { depends_on: needs = {} }] of SERVICES) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        const { healthcheck, build, restart, profiles } = service(needed);
        const tells =
          healthcheck?.test ?? (build && healthcheck?.disable !== true && healthCheckOf(build.target));
        if (condition === "service_healthy") expect(tells, `${name} waits for ${needed}`).toBeTruthy();
        else expect([condition, restart], needed).toEqual(["service_completed_successfully", "no"]);
        // Without the profile there would be nothing to wait for.
        if (profiles) expect(service(name).profiles, name).toEqual(profiles);
      }
    }
  });

  it("that checks its health asks itself, at its own port", () => {
    for (const [name, { healthcheck }] of SERVICES) {
      const asked = addressesIn(healthcheck?.test?.join(" ") ?? "");
      expect(asked.filter((address) => address !== `127.0.0.1:${portOf(name)}`)).toEqual([]);
    }
  });
});

describe("our own programs", () => {
  it.each(OURS)("%s knows its flags and variables", (_, one) => {
    expect(() => configOf(one)).not.toThrow();
    const url = one.environment?.["TTS_MONITOR_DATABASE_URL"] ?? "";
    const { hostname, port, pathname } = new URL(url);
    expect([hostname, Number(port)]).toEqual(["postgres", 5432]);
    expect(pathname.slice(1)).toBe(service("postgres").environment?.["POSTGRES_DB"]);
  });

  it("log in as roles that the first start makes", () => {
    const made = [...readFileSync("deploy/compose/roles.sql", "utf8").matchAll(/create role (\w+)/g)];
    const roles = [...made.map(([, role]) => role), service("postgres").environment?.["POSTGRES_USER"]];
    const users = OURS.map(([, { environment = {} }]) => environment["TTS_MONITOR_DATABASE_URL"] ?? "");
    for (const url of users) expect(roles).toContain(new URL(url).username);
    for (const [name, { command = [] }] of OURS) {
      for (const grant of command.filter((word) => word.startsWith("--grant"))) {
        expect(roles, name).toContain(grant.split("=")[1]);
      }
    }
  });

  it("read the passwords that roles.sql reads", () => {
    const sql = readFileSync("deploy/compose/roles.sql", "utf8");
    const read = [...sql.matchAll(/cat (\/run\/secrets\/[\w-]+)/g)].map(([, path]) => path);
    expect([...secretsOf(service("postgres")).values()]).toEqual(expect.arrayContaining(read));
  });

  it.each(["exporter", "worker"])("%s is given longer to end than it takes", (name) => {
    const config = configOf(service(name));
    const grace = "shutdown" in config ? (config.shutdown.grace ?? 0) : 0;
    expect(grace).toBeGreaterThan(0);
    const longest = grace + (name === "worker" ? LAST_WRITES_MS : 0);
    expect(parseDuration(service(name).stop_grace_period ?? "0s")).toBeGreaterThan(longest);
  });

  it("can be scaled as workers: no name, no port and no folder is one's own", () => {
    const worker = service("worker");
    for (const key of ["container_name", "hostname", "ports"]) expect(worker).not.toHaveProperty(key);
    expect(worker.environment).not.toHaveProperty("WORKER_NAME");
    expect(worker.networks).toEqual(expect.arrayContaining(service("prometheus").networks));
  });
});

describe("the observers", () => {
  it("scrape and alert at addresses that there are", () => {
    const listening = NAMES.map((name) => `${name}:${portOf(name)}`);
    const addresses = addressesIn(JSON.stringify(readYaml("deploy/compose/prometheus.yml")));
    expect(addresses).toEqual(expect.arrayContaining(["exporter:9560", "alertmanager:9093"]));
    for (const address of addresses) expect([...listening, "127.0.0.1:9090"]).toContain(address);
  });

  it("are configured as without containers, but for the addresses and the folder", () => {
    const read = (path: string) => JSON.stringify(readYaml(path));
    const here = read("deploy/compose/prometheus.yml")
      .replaceAll(/(exporter|alertmanager):(\d+)/g, "127.0.0.1:$2")
      .replace("/etc/prometheus/", "");
    expect(here).toBe(read("prometheus.yml"));
  });

  it("find the files that their configuration names", () => {
    const { rule_files: rules } = readYaml<{ rule_files: string[] }>("deploy/compose/prometheus.yml");
    const targets = mountsOf(service("prometheus")).map(({ target }) => target);
    for (const pattern of rules) expect(targets).toContain(pattern.replace(/\/\*\.yml$/, ""));
    const { working_dir: folder = "", command = [] } = service("alertmanager");
    const config = JSON.stringify(readYaml("alertmanager/alertmanager.yml"));
    const secrets = [...config.matchAll(/"(secrets\/[\w-]+)"/g)].map(([, path]) => `${folder}/${path}`);
    expect(secrets).toHaveLength(3);
    expect([...secretsOf(service("alertmanager")).values()].toSorted()).toEqual(secrets.toSorted());
    expect(command).toContain(`--config.file=${folder}/alertmanager.yml`);
  });

  it("keep a month and more, for the error budget", () => {
    const [, days] = /retention\.time=(\d+)d/.exec(service("prometheus").command?.join(" ") ?? "") ?? [];
    expect(Number(days)).toBeGreaterThan(30);
  });

  it("show Grafana what its provisioning wants, from services that there are", () => {
    const { env_file: file, environment = {}, entrypoint = [] } = service("grafana");
    expect(file).toBe("grafana/example.env");
    const own = Object.keys(environment).filter((name) => name.startsWith("TTS_"));
    expect(Object.keys(EXAMPLE)).toEqual(expect.arrayContaining(own));
    for (const { url } of DATA_SOURCES) {
      const [name = "", port] = expanded(url, { ...EXAMPLE, ...environment })
        .replace("http://", "")
        .split(":");
      expect(Number(port), url).toBe(portOf(name));
      expect(service(name).networks.some((network) => service("grafana").networks.includes(network))).toBe(
        true,
      );
    }
    const [, secret] = /TTS_POSTGRES_PASSWORD="\$\(cat (\S+)\)"/.exec(entrypoint.join(" ")) ?? [];
    expect([...secretsOf(service("grafana")).values()]).toContain(secret);
    const [{ source = "", target = "" } = {}] = mountsOf(service("grafana"));
    for (const path of Object.values(EXAMPLE).filter((value) => value.startsWith(target))) {
      expect(statSync(path.replace(target, source)), path).toBeTruthy();
    }
  });
});
