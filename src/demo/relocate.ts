import { resolve } from "node:path";
import { isNode, isScalar, type Node, parseDocument, visit } from "yaml";

/** Those by which the repository's configurations name their programs. */
export const CONFIGURED_PORTS = {
  exporter: 9560,
  prometheus: 9090,
  alertmanager: 9093,
  receivers: 9580,
} as const;

const PATH_KEY = /^(rule_files|templates|file|.+_file)$/;
const SECRETS = "secrets/";
const ADDRESS = /^(\w+:\/\/)?[\w.-]+:(\d+)(?=$|\/)/;

/**
 * A configuration of Prometheus or Alertmanager for another place: each address whose port is in `addresses`
 * becomes the one there (host:port), and each path, relative to `folder`, absolute. The rest stays as it is.
 * @param secrets the folder that takes the place of `secrets`, which nobody else has
 */
export function relocate(
  yaml: string,
  addresses: ReadonlyMap<number, string>,
  folder: string,
  secrets = resolve(folder, "secrets"),
): string {
  const absolute = (path: string) =>
    path.startsWith(SECRETS) ? resolve(secrets, path.slice(SECRETS.length)) : resolve(folder, path);
  const document = parseDocument(yaml);
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && isNode(value) && PATH_KEY.test(String(key.value))) changeEach(value, absolute);
    },
    Scalar(key, node) {
      if (key !== "key" && typeof node.value === "string") node.value = readdressed(node.value, addresses);
    },
  });
  return document.toString();
}

/** A path, or each of a list of paths. */
function changeEach(paths: Node, change: (path: string) => string): void {
  visit(paths, {
    Scalar(_, path) {
      path.value = change(String(path.value));
    },
  });
}

function readdressed(text: string, addresses: ReadonlyMap<number, string>): string {
  return text.replace(ADDRESS, (whole, scheme: string | undefined, port: string) => {
    const address = addresses.get(Number(port));
    return address === undefined ? whole : `${scheme ?? ""}${address}`;
  });
}
