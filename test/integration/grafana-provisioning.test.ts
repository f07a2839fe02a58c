import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { POSTGRES_UID } from "../../grafana/src/datasources.ts";
import { migrate } from "../../src/db/migrate.ts";
import { createAppTables, insertAudio, insertText, openAppTables } from "../../src/demo/app-tables.ts";
import { dataSource, type Environment, EXAMPLE, expanded } from "../support/grafana-provisioning.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { useRoles } from "../support/roles.ts";
import { seedTasks } from "../support/seed.ts";

const database = useTestDatabase();
const role = useRoles(database, ["grafana"]);
const PASSWORD = `Pa$sw0rd '\\ $HOME \${HOME}`;
const READ = ["tasks", "workers", "worker_states", "overdue_tasks"];
let grafana: pg.Pool;

beforeAll(async () => {
  const { directUrl, pool } = database();
  const app = openAppTables(directUrl);
  await createAppTables(app);
  const textId = await insertText(app, { title: "title", content: "private" });
  await insertAudio(app, BigInt(textId), { audioUrl: "file:///a.wav", filename: "a.wav", fileSize: 5000 });
  await app.end();
  await seedTasks(pool);
  const { name } = role("grafana");
  await pool.query(`alter role ${name} password ${pg.escapeLiteral(PASSWORD)}`);
  await migrate(directUrl, { reader: name });
  const { host, pathname } = new URL(directUrl);
  grafana = new pg.Pool({
    max: 1,
    ...connectionOf({
      ...EXAMPLE,
      TTS_POSTGRES_ADDRESS: host,
      TTS_POSTGRES_DATABASE: pathname.slice(1),
      TTS_POSTGRES_USER: name,
      TTS_POSTGRES_PASSWORD: PASSWORD,
    }),
  });
});
afterAll(() => grafana.end());

/** What Grafana's data source connects by, as its connection_string.go takes it from the settings. */
function connectionOf(environment: Environment): pg.ClientConfig {
  const { url, user = "", jsonData, secureJsonData = {} } = dataSource(POSTGRES_UID);
  const read = (value: unknown) => expanded(String(value ?? ""), environment);
  const [host = "", port] = read(url).split(":");
  return {
    host,
    port: Number(port),
    user: read(user),
    password: read(secureJsonData["password"]),
    database: read(jsonData["database"]),
    ssl: read(jsonData["sslmode"]) !== "disable",
  };
}

it("Grafana comes as the reader, whatever its password is made of", async () => {
  const { rows } = await grafana.query("select current_user as name, current_database() as database");
  expect(rows).toEqual([
    { name: role("grafana").name, database: new URL(database().directUrl).pathname.slice(1) },
  ]);
});

it("Grafana reads what the dashboards read", async () => {
  for (const name of READ) {
    const { fields } = await grafana.query(`select * from tts_monitor.${name}`);
    expect(fields.length, name).toBeGreaterThan(1);
  }
  const { rows: tasks } = await grafana.query("select from tts_monitor.tasks");
  expect(tasks).not.toEqual([]);
  const { rows } = await grafana.query(
    `select t.id, t.is_deleted, t.created_at, a.id, a.text_id, a.is_deleted, a.file_size, a.filename, a.audio_url,
       a.created_at
     from tts_texts t join tts_audios a on a.text_id = t.id`,
  );
  expect(rows).toMatchObject([{ filename: "a.wav", audio_url: "file:///a.wav" }]);
});

it.each([
  "select content from tts_texts",
  "select * from tts_texts",
  "select t from tts_texts t",
  "insert into tts_texts (title, content) values ('', '')",
  "update tts_audios set is_deleted = 1",
  "delete from tts_texts",
  "delete from tts_monitor.tasks",
  "delete from tts_monitor.workers",
  "update tts_monitor.tasks set status = 'pending'",
  "create table tts_monitor.mine ()",
])("Grafana is refused: %s", async (statement) => {
  await expect(grafana.query(statement)).rejects.toThrow(/permission denied/);
});
