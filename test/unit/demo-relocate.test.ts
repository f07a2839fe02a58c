import { expect, test } from "vitest";
import { parse } from "yaml";
import { relocate } from "../../src/demo/relocate.ts";

const ADDRESSES = new Map([
  [9560, "127.0.0.1:40001"],
  [9093, "127.0.0.1:40002"],
]);

function relocated(yaml: string): unknown {
  return parse(relocate(yaml, ADDRESSES, "/repo"));
}

test("known addresses move, alone and in URLs, and all others stay", () => {
  expect(
    relocated(`
targets: ["localhost:9560", 'alertmanager:9093', grafana:3000]
url: http://localhost:9560/sd/workers
schedule: at 9560
`),
  ).toEqual({
    targets: ["127.0.0.1:40001", "127.0.0.1:40002", "grafana:3000"],
    url: "http://127.0.0.1:40001/sd/workers",
    schedule: "at 9560",
  });
});

test("files are found from the new place, lists of them too, and absolute paths stay", () => {
  expect(
    relocated(`
rule_files: [prometheus/rules/*.yml]
templates:
  - templates/*.tmpl
http_config: { authorization: { credentials_file: /run/secret } }
`),
  ).toEqual({
    rule_files: ["/repo/prometheus/rules/*.yml"],
    templates: ["/repo/templates/*.tmpl"],
    http_config: { authorization: { credentials_file: "/run/secret" } },
  });
});

test("secrets are found in a folder of their own, and in the configuration's where there is none", () => {
  const yaml = "api_url_file: secrets/url\ncredentials_file: secrets-of-others/token\n";
  expect(parse(relocate(yaml, ADDRESSES, "/repo", "/run/mine"))).toEqual({
    api_url_file: "/run/mine/url",
    credentials_file: "/repo/secrets-of-others/token",
  });
  expect(relocated(yaml)).toMatchObject({ api_url_file: "/repo/secrets/url" });
});

test("a text that holds an address somewhere is not touched", () => {
  const text = "see localhost:9560 for more";
  expect(relocated(`summary: ${JSON.stringify(text)}`)).toEqual({ summary: text });
});

test("comments survive", () => {
  expect(relocate("# why\na: 1 # because\n", ADDRESSES, "/repo")).toBe("# why\na: 1 # because\n");
});
