import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  ALERTMANAGER_UID,
  POSTGRES_TYPE,
  POSTGRES_UID,
  PROMETHEUS_TYPE,
  PROMETHEUS_UID,
} from "../../grafana/src/datasources.ts";
import { DASHBOARDS } from "../../prometheus/src/sites.ts";
import { textsIn } from "../support/dashboards/lint.ts";
import {
  DATA_SOURCES,
  dataSource,
  EXAMPLE,
  EXAMPLE_FILE,
  expanded,
  PROVIDERS,
} from "../support/grafana-provisioning.ts";
import { readYaml } from "../support/rules.ts";

const VALUES = textsIn([DATA_SOURCES, PROVIDERS]);
const INSTALLED = "/opt/tts-monitor/";

describe("the data sources", () => {
  it("are those that dashboards ask for", () => {
    expect(DATA_SOURCES.map(({ uid, type }) => [uid, type])).toEqual([
      [PROMETHEUS_UID, PROMETHEUS_TYPE],
      [POSTGRES_UID, POSTGRES_TYPE],
      [ALERTMANAGER_UID, "alertmanager"],
    ]);
  });

  it("take over nobody else's, for Grafana goes by their names", () => {
    for (const { name } of DATA_SOURCES) expect(name).toMatch(/^TTS \w/);
  });

  it("let a graph's step be a scrape, and no less", () => {
    const { global } = readYaml<{ global: { scrape_interval: string } }>("prometheus.yml");
    expect(dataSource(PROMETHEUS_UID).jsonData["timeInterval"]).toBe(global.scrape_interval);
  });

  it("leave the database's connections to the workers", () => {
    const { maxOpenConns, maxIdleConns, maxIdleConnsAuto } = dataSource(POSTGRES_UID).jsonData;
    expect(maxOpenConns).toBeLessThanOrEqual(5);
    expect(Number(maxIdleConns)).toBeLessThan(Number(maxOpenConns));
    expect(maxIdleConnsAuto).toBe(false);
  });
});

describe("the page", () => {
  it("can change neither a data source nor a dashboard", () => {
    expect(DATA_SOURCES.filter(({ editable }) => editable !== false)).toEqual([]);
    for (const provider of PROVIDERS) {
      expect(provider).toMatchObject({ allowUiUpdates: false, disableDeletion: true });
    }
  });

  it("has our dashboards in a folder whose uid is none of theirs", () => {
    expect(PROVIDERS.map(({ folderUid }) => folderUid)).toEqual([expect.stringMatching(/^\w+$/)]);
    expect(Object.keys(DASHBOARDS)).not.toContain(PROVIDERS[0]?.folderUid);
  });
});

describe("the variables", () => {
  it("of the files are set in the example, and the example sets no others", () => {
    const used = VALUES.flatMap((value) => value.match(/\$\w+/g) ?? []).map((name) => name.slice(1));
    const set = Object.keys(EXAMPLE).filter((name) => !name.startsWith("GF_"));
    expect(set.toSorted()).toEqual([...new Set(used)].toSorted());
  });

  it("bring a password with any $ as it is, each being expanded once", () => {
    for (const password of ["Pa$sw0rd", "$HOME", "a$$b", `\${HOME}`, "5$", "'\\\"#: "]) {
      const environment = { HOME: "/root", TTS_POSTGRES_PASSWORD: password };
      expect(expanded(dataSource(POSTGRES_UID).secureJsonData?.["password"] ?? "", environment)).toBe(
        password,
      );
    }
    expect(VALUES.filter((value) => value.includes("{"))).toEqual([]);
  });

  it("hold no secret but in the data source's secret part, and the example has none", () => {
    const outside = DATA_SOURCES.map(({ secureJsonData, ...open }) => open);
    expect(textsIn([outside, PROVIDERS]).filter((value) => /pass|secret|token|key|@/i.test(value))).toEqual(
      [],
    );
    const secrets = DATA_SOURCES.flatMap(({ secureJsonData }) => Object.values(secureJsonData ?? {}));
    expect(secrets).toEqual(["$TTS_POSTGRES_PASSWORD"]);
    expect(secrets.map((secret) => expanded(secret, EXAMPLE))).toEqual([""]);
  });
});

describe("the example", () => {
  it("means the same to a shell, to docker and to systemd", () => {
    const lines = readFileSync(EXAMPLE_FILE, "utf8").split("\n");
    const settings = lines.filter((line) => line !== "" && !line.startsWith("#"));
    for (const line of settings) expect(line).toMatch(/^[A-Z][A-Z_]*=[\w./:-]*$/);
    const { stdout } = spawnSync("sh", ["-c", `set -a; . ./${EXAMPLE_FILE}; env`], {
      encoding: "utf8",
      env: {},
    });
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(settings));
    const parsed = Object.entries(EXAMPLE).map((entry) => entry.join("="));
    expect(parsed.toSorted()).toEqual(settings.toSorted());
  });

  it("leads to what this repository has", () => {
    const paths = Object.values(EXAMPLE).filter((value) => value.startsWith("/"));
    expect(paths).toHaveLength(3);
    for (const path of paths) expect(existsSync(path.replace(INSTALLED, "")), path).toBe(true);
    for (const kind of ["datasources", "dashboards"]) {
      const folder = (EXAMPLE["GF_PATHS_PROVISIONING"] ?? "").replace(INSTALLED, "");
      expect(existsSync(`${folder}/${kind}/tts.yml`)).toBe(true);
    }
  });

  it("lets nobody in, and leaves it to the user who may come", () => {
    expect(Object.keys(EXAMPLE).filter((name) => /^GF_(AUTH|SECURITY)/.test(name))).toEqual([]);
    expect(EXAMPLE["GF_SERVER_HTTP_ADDR"]).toBe("127.0.0.1");
  });
});

it.each([
  ["$NAME", "value"],
  [`\${NAME}`, "value"],
  ["$__env{NAME}", "value"],
  ["http://$NAME:80/", "http://value:80/"],
  ["$MISSING", ""],
  ["$$NAME", "$NAME"],
  ["mY,Passwo$$rd", "mY,Passwo$rd"],
  [`\${NAME:-default}`, ""],
  ["$PASSWORD", "Pa$sw0rd"],
  [`\${PASSWORD}`, "Pa"],
  [`$1 $- $ \${} \${open`, "  $  open"],
  ["ends with $", "ends with $"],
])("Grafana reads %j as %j", (value, read) => {
  expect(expanded(value, { NAME: "value", PASSWORD: "Pa$sw0rd" })).toBe(read);
});
