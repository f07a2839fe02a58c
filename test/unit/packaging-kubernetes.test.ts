import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/domain/duration.ts";
import { lastOf } from "../support/dockerfile.ts";
import { expectTaken } from "../support/known-settings.ts";
import {
  environmentOf,
  FILES,
  KUBERNETES_FOLDER,
  type Labels,
  manifest,
  type Pod,
  read,
} from "../support/kubernetes.ts";
import { GROUPS, readYaml } from "../support/rules.ts";

const KINDS: Record<string, string> = {
  Kustomization: "kustomize.config.k8s.io/v1beta1",
  Namespace: "v1",
  ConfigMap: "v1",
  Service: "v1",
  Job: "batch/v1",
  Deployment: "apps/v1",
  PodDisruptionBudget: "policy/v1",
  NetworkPolicy: "networking.k8s.io/v1",
  ServiceMonitor: "monitoring.coreos.com/v1",
  PrometheusRule: "monitoring.coreos.com/v1",
  ScrapeConfig: "monitoring.coreos.com/v1alpha1",
};
const SECRETS = "/run/secrets/tts-monitor/";
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const { paths: ROUTES } = JSON.parse(readFileSync("docs/openapi.json", "utf8")) as { paths: object };
const SCRAPING = readYaml<{
  global: { scrape_interval: string; scrape_timeout: string };
  scrape_configs: {
    job_name: string;
    sample_limit: number;
    http_sd_configs?: { refresh_interval: string }[];
  }[];
}>("prometheus.yml");

interface Selector {
  matchLabels: Labels;
}
const kustomization = read("kustomization.yaml") as {
  namespace: string;
  images: { name: string; newTag: string }[];
  resources: string[];
};
const deployment = manifest<{ replicas: number; selector: Selector; template: Pod }>("deployment.yaml").spec;
const job = manifest<{ template: Pod }>("migrate-job.yaml").spec;
const service = manifest<{ selector: Labels; ports: { name: string; port: number; targetPort: string }[] }>(
  "service.yaml",
);
const PODS = [
  { name: "exporter", command: "serve", pod: deployment.template },
  { name: "migration", command: "migrate", pod: job.template },
] as const;

const scraped = (name: string) => SCRAPING.scrape_configs.find(({ job_name: one }) => one === name);
const secretItems = ({ spec }: Pod) =>
  spec.volumes.flatMap(({ secret }) => secret.items.map(({ path }) => path));

describe("the manifests", () => {
  it("are of kinds that there are, say what they are, and all are applied", () => {
    for (const file of FILES) {
      const { apiVersion, kind } = manifest(file);
      expect(apiVersion, file).toBe(KINDS[kind]);
      expect(readFileSync(`${KUBERNETES_FOLDER}/${file}`, "utf8"), file).toMatch(/^# \w/);
    }
    expect([...kustomization.resources, "kustomization.yaml"].toSorted()).toEqual(FILES.toSorted());
    expect(manifest("namespace.yaml").metadata.name).toBe(kustomization.namespace);
  });

  it("select the exporter's pods by the labels that they have", () => {
    const { labels } = deployment.template.metadata;
    const selectors = [
      deployment.selector.matchLabels,
      service.spec.selector,
      manifest<{ selector: Selector }>("pod-disruption-budget.yaml").spec.selector.matchLabels,
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    const monitor = manifest<{ selector: Selector }>("service-monitor.yaml").spec.selector;
    expect(service.metadata.labels).toMatchObject(monitor.matchLabels);
  });

  it("have the images' version, which one place replaces", () => {
    for (const { pod } of PODS) {
      for (const { image } of pod.spec.containers) expect(image).toBe(`tts-monitor:${version}`);
    }
    expect(kustomization.images).toEqual([expect.objectContaining({ name: "tts-monitor", newTag: version })]);
  });
});

describe.each(PODS)("the $name", ({ command, pod }) => {
  const [container] = pod.spec.containers;
  if (!container) throw new Error("a pod without a container");

  it("takes its flags and variables, and is given the files that they name", () => {
    const [word, ...flags] = container.args;
    expect(word).toBe(command);
    const environment = environmentOf(container);
    expectTaken(command, flags, environment, SECRETS);
    const files = Object.values(environment).filter((value) => value.startsWith("/"));
    expect(files.toSorted()).toEqual(
      secretItems(pod)
        .map((path) => SECRETS + path)
        .toSorted(),
    );
    expect(container.volumeMounts.map(({ mountPath, readOnly }) => [`${mountPath}/`, readOnly])).toEqual([
      [SECRETS, true],
    ]);
    for (const value of Object.values(environment)) expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/);
  });

  it("has what the strictest standard of pods asks, and the image's user", () => {
    const [user, group] = lastOf("runtime", "USER").split(":").map(Number);
    expect(pod.spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      fsGroup: group,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    expect(container.resources.limits).toHaveProperty("memory");
    expect(container.resources.requests).toMatchObject({
      cpu: expect.any(String),
      memory: expect.any(String),
    });
  });
});

describe("the exporter", () => {
  const [container] = deployment.template.spec.containers;

  it("listens at the port that is asked, on routes that there are", () => {
    const { web, shutdown } = expectTaken(
      "serve",
      [],
      container ? environmentOf(container) : {},
      SECRETS,
    ) as {
      web: { listenAddress: { port: number } };
      shutdown: { grace: number };
    };
    const { port } = web.listenAddress;
    expect(container?.ports).toEqual([{ name: "http", containerPort: port }]);
    for (const probe of [container?.livenessProbe, container?.readinessProbe]) {
      expect(Object.keys(ROUTES)).toContain(probe?.httpGet.path);
      expect(probe?.httpGet.port).toBe("http");
    }
    expect(container?.livenessProbe?.httpGet.path).toBe("/-/healthy");
    expect(service.spec.ports).toEqual([{ name: "http", port, targetPort: "http" }]);
    expect(1000 * (deployment.template.spec.terminationGracePeriodSeconds ?? 0)).toBeGreaterThan(
      shutdown.grace,
    );
  });

  it("has two replicas, of which a node's end takes one", () => {
    const { maxUnavailable } = manifest<{ maxUnavailable: number }>("pod-disruption-budget.yaml").spec;
    expect([deployment.replicas, maxUnavailable]).toEqual([2, 1]);
  });

  it("is reached, and reaches its database and the names, through the policy", () => {
    type Rule = { ports: { port: number }[] };
    const policy = manifest<{
      podSelector: { matchExpressions: { key: string; values: string[] }[] };
      ingress: Rule[];
      egress: Rule[];
    }>("network-policy.yaml").spec;
    const [{ key = "", values = [] } = {}] = policy.podSelector.matchExpressions;
    expect(values).toEqual(PODS.map(({ pod }) => pod.metadata.labels[key]));
    const ports = (rules: Rule[]) => new Set(rules.flatMap((rule) => rule.ports.map(({ port }) => port)));
    expect([...ports(policy.ingress)]).toEqual(container?.ports?.map(({ containerPort }) => containerPort));
    const databases = PODS.flatMap(({ pod }) => pod.spec.containers)
      .map(environmentOf)
      .map(({ TTS_MONITOR_DATABASE_URL: url = "" }) => Number(new URL(url).port));
    expect([...ports(policy.egress)]).toEqual([53, ...new Set(databases)]);
  });
});

describe("Prometheus", () => {
  const { global } = SCRAPING;

  it("scrapes the exporter as prometheus.yml has it", () => {
    const { metadata, spec } = manifest<{
      jobLabel: string;
      sampleLimit: number;
      endpoints: {
        port: string;
        path: string;
        interval: string;
        scrapeTimeout: string;
        relabelings: object[];
      }[];
    }>("service-monitor.yaml");
    expect(service.metadata.labels?.[spec.jobLabel]).toBe("tts-exporter");
    expect(spec.sampleLimit).toBe(scraped("tts-exporter")?.sample_limit);
    expect(metadata.name).toBe(service.metadata.name);
    expect(spec.endpoints).toEqual([
      {
        port: service.spec.ports[0]?.name,
        path: "/metrics",
        interval: global.scrape_interval,
        scrapeTimeout: global.scrape_timeout,
        relabelings: [{ action: "labeldrop", regex: "service|namespace|pod|container|endpoint" }],
      },
    ]);
  });

  it("finds the workers as prometheus.yml has them", () => {
    const { spec } = manifest<{
      httpSDConfigs: { url: string; refreshInterval: string }[];
      sampleLimit: number;
      scrapeInterval: string;
      scrapeTimeout: string;
      relabelings: object[];
    }>("scrape-config.yaml");
    const theirs = scraped("tts-worker");
    const { name } = service.metadata;
    const [{ port } = {}] = service.spec.ports;
    expect(spec).toEqual({
      httpSDConfigs: [
        {
          url: `http://${name}.${kustomization.namespace}.svc:${port}/sd/workers`,
          refreshInterval: theirs?.http_sd_configs?.[0]?.refresh_interval,
        },
      ],
      sampleLimit: theirs?.sample_limit,
      scrapeInterval: global.scrape_interval,
      scrapeTimeout: global.scrape_timeout,
      relabelings: [{ action: "replace", targetLabel: "job", replacement: "tts-worker" }],
    });
    expect(Object.keys(ROUTES)).toContain("/sd/workers");
    expect(parseDuration(spec.scrapeTimeout)).toBeLessThan(parseDuration(spec.scrapeInterval));
  });

  it("has the very rules of prometheus/rules", () => {
    const { groups } = manifest<{ groups: { name: string }[] }>("prometheus-rule.yaml").spec;
    const byName = (all: readonly { name: string }[]) => new Map(all.map((group) => [group.name, group]));
    expect(byName(groups)).toEqual(byName(GROUPS));
    expect(groups).toHaveLength(GROUPS.length);
  });
});
