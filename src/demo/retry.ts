const PATIENCE_MS = 4000;

/**
 * Somebody who misses an audio asks for it again, over the exporter's API: one of the texts whose newest task
 * ended badly in the last minutes. Returns its text id, undefined where there is none to retry.
 */
export async function retryOne(exporterUrl: string, token: string): Promise<string | undefined> {
  const list = await fetch(`${exporterUrl}/api/tasks?status=failed,timeout&since=10m&limit=50`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!list.ok) return undefined;
  const { tasks } = (await list.json()) as { tasks: { text_id: number | string }[] };
  const task = tasks[Math.floor(Math.random() * tasks.length)];
  if (!task) return undefined;
  const retry = await fetch(`${exporterUrl}/api/task/retry/${task.text_id}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return retry.ok ? String(task.text_id) : undefined;
}
