import { beforeAll, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { DatabaseUnavailableError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { useRoles } from "../support/roles.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const role = useRoles(database, ["writer"]);
const openWorker = useWorkers(() => role("writer").url);
const sql = (text: string) => database().pool.query(text);

beforeAll(async () => {
  await migrate(database().directUrl, { writer: role("writer").name });
});

it("a worker whose rights are revoked keeps its results until it has them again, and refuses what is new", async () => {
  const monitor = await openWorker("w-refused");
  const { opened, open } = gate();
  const started = gate();
  const run = monitor.run({ textId: 1, content: "text 1" }, async () => {
    started.open();
    await opened;
    return instantly();
  });
  await started.opened;
  await sql(`revoke all on all tables in schema tts_monitor from ${role("writer").name}`);
  open();
  await eventually(
    "the result waits",
    async () => total(parseExposition(await monitor.metrics()), "tts_worker_events_buffered") === 1,
  );
  await expect(monitor.run({ textId: 2, content: "text 2" }, instantly)).rejects.toThrow(
    DatabaseUnavailableError,
  );
  await migrate(database().directUrl, { writer: role("writer").name });

  expect(await run).toMatchObject({ status: "completed" });
  const { rows } = await sql("select text_id::text, status from tts_monitor.tasks");
  expect(rows).toEqual([{ text_id: "1", status: "completed" }]);
});
