import type { Rule } from "../rule.ts";

/** What Node.js itself prints to standard error, of which neither the program nor its library knows. */
const OF_NODE = [
  /^\(node:\d+\) /,
  /^\(Use `node --trace-\w+ \.\.\.` to show where the warning was created\)$/,
];
const SHOWN = 300;

/** Each line of exporters and workers is one JSON object with level, time and msg, and no user's text is a name in it. */
export function logs(): Rule {
  return {
    name: "logs",
    title: "each line of a log is one JSON object, whatever users typed",
    always: true,
    see(entry, { parts, begin }, tell) {
      if (entry.type !== "log") return;
      const kind = parts.kindOf(entry.part);
      if (kind !== "exporter" && kind !== "worker") return;
      if (OF_NODE.some((pattern) => pattern.test(entry.line))) return;
      tell.compared();
      const problem = problemOf(entry.line, begin.settings.userMark);
      if (problem === undefined) return;
      const { at, part, life, line } = entry;
      tell.wrong({ sentence: problem, at, values: { part, life, line: line.slice(0, SHOWN) } });
    },
  };
}

function problemOf(line: string, userMark: string): string | undefined {
  let log: unknown;
  try {
    log = JSON.parse(line);
  } catch {
    return "a log line is no JSON";
  }
  if (typeof log !== "object" || log === null || Array.isArray(log)) return "a log line is no object";
  const lacking = ["level", "time", "msg"].find((name) => typeof Reflect.get(log, name) !== "string");
  if (lacking !== undefined) return `a log line has no ${lacking}`;
  return namesOf(log).some((name) => name.includes(userMark))
    ? "what a user typed is a log's field"
    : undefined;
}

function namesOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesOf(inner)]);
}
