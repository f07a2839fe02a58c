import type { Queryable } from "./pool.ts";

/** Whether the application has this text, and has not deleted it. Where it has no such table, any text will do. */
export async function isKnownText(db: Queryable, textId: bigint): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>("select to_regclass('tts_texts') is not null as there");
  if (!rows[0]?.there) return true;
  const { rowCount } = await db.query("select from tts_texts where id = $1 and is_deleted = 0", [textId]);
  return rowCount === 1;
}
