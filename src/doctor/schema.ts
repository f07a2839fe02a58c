import { readSchema, SCHEMA_VERSION, schemaProblem } from "../db/schema.ts";
import { type Check, type DatabaseSight, fail, ok, question, warn } from "./check.ts";

/** Is the schema one that this program works with? */
export const schemaCheck: Check<DatabaseSight> = {
  ...question("schema", async (db) => {
    const schema = await readSchema(db);
    const problem = schemaProblem(schema);
    if (problem !== undefined) {
      const [, found = problem, hint = ""] = /^(.*): (.*)$/.exec(problem) ?? [];
      return fail(found, hint);
    }
    const found = `version ${schema.version}`;
    if (schema.version <= SCHEMA_VERSION) return ok(found);
    return warn(
      `${found}, ahead of this program's ${SCHEMA_VERSION}, which it still serves`,
      "upgrade this program",
    );
  }),
  gate: true,
};
