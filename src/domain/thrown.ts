/** What was thrown, in one line: for what is expected to happen, a stack says nothing more. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError, as of a connection tried on several addresses, has no message of its own.
  return error.message || codeOf(error) || error.name;
}

/** The code of an error of Node.js (`ENOENT`) or PostgreSQL (`42P01`, an SQLSTATE); "" where it has none. */
export function codeOf(error: unknown): string {
  return String(Object(error).code ?? "");
}
