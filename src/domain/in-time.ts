/**
 * The promise's result, or that of `late` where the time is up first; the promise itself goes on.
 * @param wait ms
 * @throws whatever the promise rejects with, or `late` throws
 */
export async function inTime<T, Late>(
  promise: Promise<T>,
  wait: number,
  late: () => Late,
): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, wait);
  }).then(late);
  try {
    return await Promise.race([promise, timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
