import type { QueryResult, QueryResultRow } from "pg";
import type { Queryable } from "../../src/db/pool.ts";

interface Sent {
  text: string;
  values: unknown[];
}

/** What a store's function sends, without sending it: what is measured are the product's own statements. */
export async function statementOf(call: (db: Queryable) => Promise<unknown>): Promise<Sent> {
  const sent: Sent[] = [];
  const db = {
    async query<R extends QueryResultRow>(text: string, values: unknown[] = []): Promise<QueryResult<R>> {
      sent.push({ text, values });
      return { rows: [], rowCount: 0, command: "", oid: 0, fields: [] };
    },
  };
  await call(db as Queryable);
  const [first] = sent;
  if (!first || sent.length > 1) throw new Error(`one statement was expected, not ${sent.length}`);
  return first;
}

/** The statement as pgbench takes it. @param names of the parameters that are variables of the script, by their value */
export async function scriptOf(
  call: (db: Queryable) => Promise<unknown>,
  variables: ReadonlyMap<unknown, string>,
): Promise<string> {
  const { text, values } = await statementOf(call);
  const literal = (value: unknown) => {
    const variable = variables.get(value);
    if (variable) return `:${variable}`;
    if (value === null || value === undefined) return "null";
    return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
  };
  return text
    .replaceAll(/\$(\d+)/g, (_, index) => literal(values[Number(index) - 1]))
    .replaceAll(/\s+/g, " ");
}
