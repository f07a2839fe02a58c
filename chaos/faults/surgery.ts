import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "../stage/stage.ts";
import { changeTexts } from "../stage/texts.ts";
import type { Fault } from "./fault.ts";

/** What hands do to a text, $1, and to another one, $2 */
const ON_ONE = {
  "delete softly": "update tts_texts set is_deleted = 1 where id = $1",
  "delete softly in another word": "update tts_texts set is_deleted = 2 where id = $1",
  "bring back": "update tts_texts set is_deleted = 0 where id = $1",
  "delete audios softly": "update tts_audios set is_deleted = 1 where text_id = $1",
  "bring audios back": "update tts_audios set is_deleted = 0 where text_id = $1",
  "delete audios": "delete from tts_audios where text_id = $1",
  shrink: "update tts_audios set file_size = 4999 where text_id = $1",
  "forget sizes": "update tts_audios set file_size = null where text_id = $1",
  grow: "update tts_audios set file_size = 5000 where text_id = $1",
  "second audio": "insert into tts_audios (text_id, file_size) select id, 5000 from tts_texts where id = $1",
  "delete for good": "delete from tts_texts where id = $1",
  // As a restored backup brings it.
  "replace by itself": `
    with gone as (delete from tts_texts where id = $1 returning *)
    insert into tts_texts overriding system value select * from gone`,
};
const ON_TWO = {
  "move audios":
    "update tts_audios set text_id = (select id from tts_texts where id = $2) where text_id = $1",
  "swap audios": `
    update tts_audios set text_id = case text_id when $1 then $2::bigint else $1 end
    where text_id in ($1, $2) and 2 = (select count(*) from tts_texts where id in ($1, $2))`,
};
type Operation = keyof typeof ON_ONE | keyof typeof ON_TWO;
const OPERATIONS = [...Object.keys(ON_ONE), ...Object.keys(ON_TWO)] as Operation[];

const PATIENTS = 4;
/** So many at once that new ones do not make up for them, and for so long (ms) that a scrape falls into it. */
const TIDIED_UP = 20;
const SEEN = 800;

export const APPLICATION_SURGERY: Fault = {
  kind: "application-surgery",
  lane: "pressing",
  seconds: 3,
  prepare(stage, random) {
    // Of few texts, so that what is done to one is undone, too.
    const patients = Array.from({ length: PATIENTS }, () => random.fraction());
    const operations = Array.from({ length: random.whole(8, 16) }, () => ({
      operation: random.pick(OPERATIONS),
      on: random.shuffle(patients),
      rest: random.whole(0, 200),
    }));
    return {
      targets: [],
      detail: operations.map(({ operation }) => operation).join(", "),
      async inject() {
        const texts = stage.recentTexts();
        const newest = texts.slice(-TIDIED_UP);
        await markAll(stage, "tidy up", newest, 1);
        await sleep(SEEN);
        await markAll(stage, "bring all back", newest, 0);
        for (const { operation, on, rest } of operations) {
          const [one, other] = on.map((fraction) => texts[Math.floor(fraction * texts.length)]);
          if (one !== undefined && other !== undefined) await operate(stage, operation, one, other);
          await sleep(rest);
        }
      },
    };
  },
};

function markAll(stage: Stage, name: string, ids: readonly string[], deleted: 0 | 1): Promise<unknown> {
  const text = `update tts_texts set is_deleted = ${deleted} where id = any($1)`;
  return changeTexts(stage.call, stage.database, name, ids, { text, values: [ids] });
}

function operate(stage: Stage, operation: Operation, one: string, other: string): Promise<unknown> {
  if (operation in ON_ONE) {
    const text = ON_ONE[operation as keyof typeof ON_ONE];
    return changeTexts(stage.call, stage.database, operation, [one], { text, values: [one] });
  }
  const text = ON_TWO[operation as keyof typeof ON_TWO];
  return changeTexts(stage.call, stage.database, operation, [one, other], { text, values: [one, other] });
}
