/** What a chosen worker tells of itself, for pages with the variable `worker`. */
export function ofWorkers(metric: string, more = ""): string {
  return `${metric}{worker=~"$worker"${more}}`;
}

/** What the programs around us tell of a chosen worker; the exporter and others have it too. */
export function ofProcesses(metric: string): string {
  return `${metric}{job="tts-worker", worker=~"$worker"}`;
}
