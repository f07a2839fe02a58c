import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Service {
  image: string;
  build?: { context: string; target: string };
  profiles?: string[];
  command?: string[];
  entrypoint?: string[];
  env_file?: string;
  environment?: Record<string, string>;
  secrets?: (string | { source: string; target: string })[];
  volumes?: string[];
  tmpfs?: string[];
  networks: string[];
  ports?: string[];
  working_dir?: string;
  user?: string;
  init?: boolean;
  restart?: string;
  cap_drop?: string[];
  security_opt?: string[];
  read_only?: boolean;
  mem_limit?: string;
  stop_grace_period?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { disable?: boolean; test?: string[] };
}

interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
}

/** docker-compose.yml, its anchors merged and its variables at their defaults, as compose reads it. */
export const COMPOSE = readCompose(readFileSync("docker-compose.yml", "utf8"));
export const SERVICES = Object.entries(COMPOSE.services);

/** A service by its name. */
export function service(name: string): Service {
  const found = COMPOSE.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** Where each of a service's secrets is in its container, by the secret's name. */
export function secretsOf({ secrets = [] }: Service): Map<string, string> {
  return new Map(
    secrets.map((secret) =>
      typeof secret === "string" ? [secret, `/run/secrets/${secret}`] : [secret.source, secret.target],
    ),
  );
}

/** `source:target[:ro]` of a service's volumes. */
export function mountsOf({ volumes = [] }: Service) {
  return volumes.map((volume) => {
    const [source = "", target = "", mode] = volume.split(":");
    return { source, target, readOnly: mode === "ro", named: !source.startsWith(".") };
  });
}

function readCompose(text: string): Compose {
  const plain = text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1").replaceAll("$$", "$");
  const compose = parse(plain, { merge: true }) as Compose;
  for (const { environment = {} } of Object.values(compose.services)) {
    for (const [name, value] of Object.entries(environment)) environment[name] = String(value);
  }
  return compose;
}
