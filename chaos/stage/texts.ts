import type { Database, MakeCall, Query } from "./stage.ts";

/** Somebody sends a text. @returns its id, decimal; undefined where that is not certain */
export function insertText(call: MakeCall, database: Database, content: string): Promise<string | undefined> {
  return call({ by: "application", call: "insert text", may: { texts: 1 } }, async () => {
    const statement = "insert into tts_texts (content) values ($1) returning id::text";
    const [row] = await database.transaction((query) => query(statement, [content]));
    return { did: { texts: 1 }, value: String(row?.["id"]) };
  });
}

const COUNT = `
  select
    count(*) filter (where is_deleted = 0)::int as texts,
    count(*) filter (where is_deleted = 0 and exists (
      select from tts_audios audio
      where audio.text_id = text.id and audio.is_deleted = 0 and audio.file_size >= 5000
    ))::int as completed
  from tts_texts text where id = any($1)`;

/**
 * Changes some texts and their audios in one transaction, and records what that does to the counts of texts: exactly,
 * for everything that changes these texts locks them first.
 */
export function changeTexts(
  call: MakeCall,
  database: Database,
  name: string,
  textIds: readonly string[],
  statement: { text: string; values: unknown[] },
): Promise<true | undefined> {
  const most = textIds.length;
  const may = { texts: [-most, most], textsCompleted: [-most, most] } as const;
  return call({ by: "application", call: name, may }, async () => {
    const did = await database.transaction(async (query) => {
      await query("select from tts_texts where id = any($1) order by id for update", [textIds]);
      const before = await count(query, textIds);
      await query(statement.text, statement.values);
      const after = await count(query, textIds);
      return { texts: after.texts - before.texts, textsCompleted: after.completed - before.completed };
    });
    return { did, value: true as const };
  });
}

async function count(query: Query, textIds: readonly string[]) {
  const [counted] = await query(COUNT, [textIds]);
  return { texts: Number(counted?.["texts"]), completed: Number(counted?.["completed"]) };
}
