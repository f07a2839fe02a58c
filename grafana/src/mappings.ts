import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { BAD, GOOD } from "./colours.ts";

interface Shown {
  text: string;
  color: string;
}

/** Each value's colour, under its own name or under another. */
export function mapping(values: Readonly<Record<string, string | Shown>>): ValueMapping {
  const results = Object.entries(values).map(([value, result], index) => [
    value,
    typeof result === "string" ? { color: result, text: value, index } : { ...result, index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(results) };
}

/** What stands for every value that the regular expression matches. */
export function patternMapping(pattern: string, result: Shown): ValueMapping {
  return { type: MappingType.RegexToText, options: { pattern, result } };
}

/** Of what is 0 or 1. */
export const YES_NO = mapping({ 0: { text: "no", color: BAD }, 1: { text: "yes", color: GOOD } });
