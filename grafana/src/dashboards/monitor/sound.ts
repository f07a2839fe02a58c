import { BAD, GOOD, MUTED, WARNING } from "../../colours.ts";
import { type Scale, scale } from "../../thresholds.ts";

/** Of what an alert allows that is a ticket; not for everything there is such a limit. */
export const SHARE = scale(MUTED, [0, GOOD], [1, WARNING]);

/**
 * Good from `least` up to the limit. What is missing takes the base's colour, and here nothing is worse than a number
 * that is missing.
 */
export function soundBelow(limit: number, beyond: string = BAD, least = 0): Scale {
  return scale(BAD, [least, GOOD], [limit, beyond]);
}
