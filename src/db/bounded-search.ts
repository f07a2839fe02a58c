export interface Page<Row, Position> {
  rows: Row[];
  /** where the next page begins; undefined: there is nothing more */
  next: Position | undefined;
}

/** What one statement has looked through. */
interface Chunk<Row, Position> {
  /** those that match, in the list's order */
  rows: Row[];
  /** how many were looked at: fewer than asked for where there are no more */
  scanned: number;
  /** of the last one looked at */
  last: Position | undefined;
}

interface Search<Row, Position> {
  limit: number;
  /** the first page begins at the list's beginning */
  after: Position | undefined;
  /** Looks at `count` entries after a position, and gives the first `wanted` that match. */
  read(after: Position | undefined, count: number, wanted: number): Promise<Chunk<Row, Position>>;
  positionOf(row: Row): Position;
}

// ms: together with the last chunk, an answer stays below 50.
const BUDGET = 30;
const LARGEST_CHUNK = 10_000;

/**
 * Looks for entries that no index finds, until the page is full or the time is used up: the page is then short or even
 * empty, and `next` goes on from where the search stopped. Nothing is missed.
 */
export async function searchPage<Row, Position>(search: Search<Row, Position>): Promise<Page<Row, Position>> {
  const { limit, read, positionOf } = search;
  const rows: Row[] = [];
  let { after } = search;
  let count = limit + 1;
  let left = BUDGET;
  for (;;) {
    const begin = performance.now();
    const chunk = await read(after, count, limit + 1 - rows.length);
    const took = performance.now() - begin;
    rows.push(...chunk.rows);
    const final = rows[limit - 1];
    if (final && rows.length > limit) return { rows: rows.slice(0, limit), next: positionOf(final) };
    if (chunk.scanned < count) return { rows, next: undefined };
    after = chunk.last;
    left -= took;
    if (left <= 0) return { rows, next: after };
    const atThisPace = Math.floor((count / took) * left);
    count = Math.min(LARGEST_CHUNK, Math.max(limit + 1, atThisPace));
  }
}
