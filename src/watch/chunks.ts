const CHUNK = 1000;

/** Portions for one statement each, so that none holds a connection for long. */
export function* inChunks<T>(items: readonly T[]): Generator<T[]> {
  for (let begin = 0; begin < items.length; begin += CHUNK) yield items.slice(begin, begin + CHUNK);
}
