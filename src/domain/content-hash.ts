import { createHash } from "node:crypto";

/** What a content hash looks like. */
export const CONTENT_HASH = /^[0-9a-f]{64}$/;

/** SHA-256 of the content in UTF-8, as 64 lower-case hex digits: the idempotency key. */
export function contentHash(content: string): string {
  return createHash("sha256").update(content, "utf8").digest("hex");
}
