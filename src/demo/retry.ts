const PATIENCE_MS = 4000;

/** What the API lists of tasks that went wrong in the last minutes: people still miss their audio. */
export const MISSED = "/api/tasks?status=failed,timeout&since=10m&limit=50";

/** Somebody who misses an audio asks for it again, over the exporter's API. Most texts are spoken by then. */
export async function retryOne(exporterUrl: string, token: string): Promise<void> {
  const list = await fetch(exporterUrl + MISSED, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!list.ok) return;
  const { tasks } = (await list.json()) as { tasks: { text_id: number | string }[] };
  const task = tasks[Math.floor(Math.random() * tasks.length)];
  if (!task) return;
  const retry = await fetch(`${exporterUrl}/api/task/retry/${task.text_id}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  await retry.body?.cancel();
}
