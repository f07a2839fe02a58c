import { type Metric, Registry, type RegistryContentType } from "prom-client";
import type { Measurement } from "../collectors/collector.ts";

export const FORMATS = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const;
export type Format = keyof typeof FORMATS;

/** A metric as prom-client's `getMetricsAsJSON` gives it. */
interface JsonMetric {
  name: string;
  help: string;
  type: string;
  values: { value: number; labels: Record<string, string | number | undefined>; metricName?: string }[];
}

/**
 * Renders what collectors measured together with the metrics of this process. Every rendering gets a registry of
 * its own: prom-client's formats cannot share one, and nothing stale can survive in it.
 */
export async function render(
  measurements: readonly Measurement[],
  registries: readonly Registry[],
  format: Format,
): Promise<{ contentType: string; body: string }> {
  const ofProcess = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  const metrics = [...measurements.map(fromMeasurement), ...(ofProcess.flat() as unknown as JsonMetric[])];
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(FORMATS[format]);
  for (const metric of metrics) {
    const values = metric.values.filter(({ value }) => !Number.isNaN(value));
    // A family without samples would leave HELP and TYPE lines about nothing.
    if (values.length > 0)
      registry.registerMetric(constantMetric({ ...metric, values: values.map(VALUES[format]) }));
  }
  return { contentType: registry.contentType, body: await registry.metrics() };
}

function fromMeasurement({ family, samples }: Measurement): JsonMetric {
  return {
    name: family.name,
    help: family.help,
    type: family.type,
    values: samples.map(({ labels, value, suffix }) => ({
      labels,
      value,
      ...(suffix && { metricName: family.name + suffix }),
    })),
  };
}

type JsonValue = JsonMetric["values"][number];

const VALUES: Record<Format, (value: JsonValue) => JsonValue> = {
  text: (value) => value,
  // OpenMetrics wants bucket bounds as canonical floats: 5.0, not 5.
  openmetrics: (value) => {
    const { le } = value.labels;
    return typeof le === "number" && Number.isInteger(le)
      ? { ...value, labels: { ...value.labels, le: le.toFixed(1) } }
      : value;
  },
};

/** What a Registry asks of a metric: prom-client's own counters and histograms cannot be loaded with values. */
function constantMetric(metric: JsonMetric): Metric {
  const constant = {
    ...metric,
    aggregator: "first",
    // In OpenMetrics the registry renames a counter to its family's name, without `_total`.
    get: () => ({ ...metric, name: constant.name }),
  };
  return constant as unknown as Metric;
}
