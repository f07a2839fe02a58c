/** Numbers of which nothing more is known than that they lie between two, both included. */
export interface Range {
  least: number;
  most: number;
}

export function certain(number: number): Range {
  return { least: number, most: number };
}

/** @param possible between nothing and this much; a pair: from the one to the other */
export function rangeOf(possible: number | readonly [least: number, most: number]): Range {
  const [least, most] = typeof possible === "number" ? [possible, possible] : possible;
  return { least: Math.min(0, least), most: Math.max(0, most) };
}

export function plus(a: Range, b: Range): Range {
  return { least: a.least + b.least, most: a.most + b.most };
}

/** Takes a part out of a sum that it is in. */
export function minus(sum: Range, part: Range): Range {
  return { least: sum.least - part.least, most: sum.most - part.most };
}

export function hull(a: Range, b: Range): Range {
  return { least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) };
}
