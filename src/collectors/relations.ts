import { byLabel, type Collector, type Family } from "./collector.ts";

const RELATIONS = [
  "tasks",
  "task_deltas",
  "task_totals",
  "followers",
  "workers",
  "text_deltas",
  "text_states",
  "text_totals",
] as const;

const BYTES: Family = {
  name: "tts_db_relation_bytes",
  help: "Disk space of a table of ours with its indexes.",
  type: "gauge",
  labels: ["relation"],
};

/** How large have our tables grown? */
export const relationsCollector: Collector<Record<string, number>> = {
  name: "relations",
  families: [BYTES],
  async read(db) {
    const { rows } = await db.query<{ relation: string; bytes: bigint }>(
      `select relation, coalesce(pg_total_relation_size(to_regclass('tts_monitor.' || relation)), 0) as bytes
       from unnest('{${RELATIONS}}'::text[]) relation`,
    );
    return Object.fromEntries(rows.map(({ relation, bytes }) => [relation, Number(bytes)]));
  },
  measure(bytes) {
    return [byLabel(BYTES, "relation", bytes)];
  },
};
