import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { RUNBOOKS_URL } from "../../../../prometheus/src/sites.ts";
import { textsIn } from "../lint.ts";

const HOSTS = [
  /\blocalhost\b/i,
  /\b\d{1,3}(\.\d{1,3}){3}\b/,
  /\b\w+:\/\/(?!\$)/,
  /\.(com|net|org|io|local|internal)\b/,
  /[a-z\]}]:\d{4,5}\b/i,
];
const SECRETS = [
  /\b(bearer|basic) +(?![$<])\S{8,}/i,
  /\b(password|passwd|secret|token|api_?key)["']? *[=:] *["']?(?![$<"'\s])\S/i,
  /:\/\/[^/\s$]*:[^/\s$]*@/,
];

/** The address of the API is one hidden constant; the runbooks' is that of sites.ts. */
export function hosts(board: Dashboard): string[] {
  return found(board, HOSTS);
}

export function secrets(board: Dashboard): string[] {
  return found(board, SECRETS);
}

function found(board: Dashboard, patterns: readonly RegExp[]): string[] {
  const list = board.templating.list ?? [];
  const visible = list.filter(({ type, hide }) => !(type === "constant" && hide === 2));
  return textsIn({ ...board, templating: { list: visible } })
    .map((text) => text.replaceAll(RUNBOOKS_URL, ""))
    .filter((text) => patterns.some((pattern) => pattern.test(text)));
}
