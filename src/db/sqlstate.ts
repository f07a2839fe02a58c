import { codeOf } from "../domain/thrown.ts";

// What an error of PostgreSQL or of its driver means, by its SQLSTATE (PostgreSQL's documentation, appendix A).

const CONNECTION_ERRORS = new Set(["57P01", "57P02", "57P03", "25006", "53300"]);

/**
 * Whether the database could not be asked at all, as opposed to refusing the statement: the connection broke or
 * was never made, the server is starting, stopping, read-only (a demoted primary) or out of connections.
 */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return (
    CONNECTION_ERRORS.has(code) ||
    code.startsWith("08") ||
    /^E(AI_)?[A-Z]+$/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/i.test(
      error.message,
    )
  );
}

// A lock or a statement timed out, a deadlock, a conflict, a full disk, no memory, a right that was revoked.
const PASSING_ERRORS = new Set(["55P03", "57014", "40P01", "40001", "53100", "53200", "42501"]);

/** Whether the same statement may well succeed later. */
export function isTransient(error: unknown): boolean {
  return isConnectionError(error) || PASSING_ERRORS.has(codeOf(error));
}

/** Whether the values themselves were refused: malformed, or against a constraint. */
export function isRefusal(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error));
}
