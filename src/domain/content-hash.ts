import { createHash } from "node:crypto";

/** SHA-256 of the content in UTF-8, as 64 lower-case hex digits: the idempotency key. */
export function contentHash(content: string): string {
  return createHash("sha256").update(content, "utf8").digest("hex");
}
