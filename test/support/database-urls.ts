/** Migrated once per run; tests work on copies of it. */
export const TEMPLATE = "tts_template";

/** The same server and user, another database. */
export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
