import type { Stage } from "../stage/stage.ts";

/** Changes a setting of the server, for everybody, at once. @param change as SQL, what comes after `alter system` */
export async function alterSystem({ database }: Pick<Stage, "database">, change: string): Promise<void> {
  await database.sql(`alter system ${change}`);
  await database.sql("select pg_reload_conf()");
}
