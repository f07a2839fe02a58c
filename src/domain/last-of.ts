/** Of several statements sent as one, whose results come as an array, which the types of `pg` do not know: the last one's. */
export function lastOf<Result>(results: Result | Result[]): Result {
  const last = Array.isArray(results) ? results.at(-1) : results;
  if (last === undefined) throw new Error("no statement, no result");
  return last;
}
