import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

export const KUBERNETES_FOLDER = "deploy/kubernetes";

export interface Labels {
  [name: string]: string;
}

export interface Container {
  name: string;
  image: string;
  args: string[];
  env?: { name: string; value: string }[];
  envFrom?: { configMapRef: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  livenessProbe?: { httpGet: { path: string; port: string } };
  readinessProbe?: { httpGet: { path: string; port: string } };
  securityContext: object;
  resources: { requests: Labels; limits: Labels };
  volumeMounts: { name: string; mountPath: string; readOnly: boolean }[];
}

export interface Pod {
  metadata: { labels: Labels };
  spec: {
    securityContext: object;
    automountServiceAccountToken: boolean;
    terminationGracePeriodSeconds?: number;
    containers: Container[];
    volumes: { name: string; secret: { secretName: string; items: { key: string; path: string }[] } }[];
  };
}

export interface Manifest<Spec> {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Labels };
  spec: Spec;
}

/** The manifests' files. */
export const FILES: readonly string[] = readdirSync(KUBERNETES_FOLDER);

/** @typeParam Spec what the file's kind has there */
export function manifest<Spec = unknown>(file: string): Manifest<Spec> {
  return read(file) as Manifest<Spec>;
}

export function read(file: string): unknown {
  return parse(readFileSync(`${KUBERNETES_FOLDER}/${file}`, "utf8"), { merge: true });
}

/** What a container has in its environment. */
export function environmentOf({ env = [], envFrom = [] }: Container): Record<string, string> {
  const config = read("config.yaml") as { metadata: { name: string }; data: Record<string, string> };
  for (const { configMapRef } of envFrom) {
    if (configMapRef.name !== config.metadata.name) throw new Error(`no ConfigMap ${configMapRef.name}`);
  }
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  return envFrom.length > 0 ? { ...config.data, ...own } : own;
}
