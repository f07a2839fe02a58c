/**
 * The promise's result, unless the time is up first; the promise itself goes on.
 * @param wait ms
 * @param late makes the error that it rejects with then
 */
export async function inTime<T>(promise: Promise<T>, wait: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), wait);
  });
  try {
    return await Promise.race([promise, timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
