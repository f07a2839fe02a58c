import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readCatalog, readRows } from "../support/catalog.ts";
import { type Instruction, stepsOf } from "../support/guide.ts";
import { createOldService, OLD_TABLES } from "../support/old-service.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startNode, startProgram } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { countTexts, readTextBooks } from "../support/recount.ts";
import { useRoles } from "../support/roles.ts";
import { listening, type ServeProcess } from "../support/serve.ts";
import { shell } from "../support/shell.ts";
import { makeFolder } from "../support/temporary-server.ts";

const [schema, exporter, tracking, library, languages, observers, leaving, ...more] =
  stepsOf("docs/adopting.md");

const database = useTestDatabase({ migrated: false });
const role = useRoles(database, ["owner"]);
const folder = makeFolder();
// Roles belong to the server, which other tests use at the same time.
const suffix = randomBytes(6).toString("hex");
const own = (text: string) => text.replaceAll(/\btts_(writer|reader)\b/g, `$&_${suffix}`);
const catalog = () => readCatalog(database().pool);
const rows = () => readRows(database().pool, OLD_TABLES);
const triggers = (lines: string[]) => lines.filter((line) => line.startsWith("trigger"));

let serving: ServeProcess | undefined;
const variables: Record<string, string> = {
  TOKEN: "a-secret",
  TOKEN_FILE: join(folder, "tokens"),
  TTS_MONITOR_WEB_LISTEN_ADDRESS: "127.0.0.1:0",
};

beforeAll(async () => {
  const { name, url, pool } = role("owner");
  const { pathname } = new URL(url);
  await database().pool.query(
    `grant create on schema public to ${name}; grant create on database ${pathname.slice(1)} to ${name}`,
  );
  await createOldService(pool);
  variables["OWNER_URL"] = url;
  const writer = new URL(url);
  writer.username = own("tts_writer");
  writer.password = "change-me";
  variables["WRITER_URL"] = writer.href;
});
afterAll(async () => {
  await stopServing();
  const { rows } = await database().pool.query("select rolname from pg_roles where rolname like $1", [
    `%${suffix}`,
  ]);
  for (const { rolname } of rows)
    await database().pool.query(`drop owned by ${rolname}; drop role ${rolname}`);
  rmSync(folder, { recursive: true });
});

/** Does what stands in the guide, block after block; what is shown as an answer must be the answer. */
async function follow(blocks: Instruction[] = []): Promise<void> {
  expect(blocks.length).toBeGreaterThan(0);
  for (const { language, code, answer } of blocks) {
    const output = await run[language]?.(own(code));
    expect(output, code).toBeDefined();
    if (answer !== undefined) expect(output?.trim(), code).toBe(answer.trim());
  }
}

const run: Record<string, (text: string) => Promise<string>> = {
  sql: async (text) => {
    await database().pool.query(text);
    return "";
  },
  js: async (text) => {
    const worker = startNode(["--input-type=module", "--eval", text], { env: variables });
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    return worker.output();
  },
  sh: async (text) => {
    if (!/^node dist\/cli.js serve/.test(text)) return shell(text, variables);
    await stopServing();
    serving = await listening(startProgram("/bin/bash", ["-c", `exec ${text}`], { env: variables }));
    variables["URL"] = serving.url;
    await serving.process.answers(`${serving.url}/-/ready`);
    return "";
  },
};

async function stopServing(): Promise<void> {
  if (serving) expect((await serving.process.end()).code).toBe(0);
  serving = undefined;
}

/** The step leads somewhere, its way back back again; then it is taken for good. */
async function thereAndBack(does: () => Promise<void>, undoes: () => Promise<void>): Promise<void> {
  const before = await catalog();
  await does();
  await undoes();
  expect(await catalog()).toEqual(before);
  await does();
}

describeWith("curl", "the guide to adopting, followed to the letter", () => {
  let before: { catalog: string[]; rows: string[] };

  it("begins at a service with triggers, keys and views of its own, and has seven steps", async () => {
    before = { catalog: await catalog(), rows: await rows() };
    expect(triggers(before.catalog)).toHaveLength(2);
    expect(leaving).toBeDefined();
    expect(more).toEqual([]);
  });

  it("1. makes the schema and grants, and leaves the application's tables as they were", async () => {
    await thereAndBack(
      () => follow(schema?.does),
      () => follow(schema?.undoes),
    );
    const now = await catalog();
    const columns = (lines: string[]) =>
      lines.filter((line) => /^(column|index|constraint) .*tts_(texts|audios)/.test(line));
    expect(triggers(now).filter((line) => !line.includes(" ON tts_monitor."))).toEqual(
      triggers(before.catalog),
    );
    expect(columns(now)).toHaveLength(columns(before.catalog).length);
    expect(await rows()).toEqual(before.rows);
  });

  it("2. counts the texts as by hand, and writes nothing outside of its schema", async () => {
    await thereAndBack(() => follow(exporter?.does), stopServing);
    const { texts, completed } = (await countTexts(database().pool)) ?? {};
    expect(await serving?.json("/api/monitor/stats")).toMatchObject({
      total_tasks: Number(texts),
      tasks_completed: Number(completed),
      tasks_started: 0,
    });
    expect(await rows()).toEqual(before.rows);
  });

  it("3. keeps exact totals while the application writes with its own rights only, and goes back to counting", async () => {
    await thereAndBack(
      () => follow(tracking?.does),
      async () => {
        await follow(tracking?.undoes);
        expect(
          (await serving?.scrape())?.find(({ name }) => name === "tts_monitor_texts_tracked")?.value,
        ).toBe(0);
      },
    );
    const { pool } = role("owner");
    for (const statement of [
      "insert into tts_texts (content) values ('new'), ('newer')",
      "insert into tts_audios (text_id, file_size) select id, 5000 from tts_texts where content like 'new%'",
      "update tts_audios set file_size = 4999 where text_id = 1",
      "update tts_texts set is_deleted = 0 where id = 8",
      "delete from tts_texts where content like 'new%'",
      "update tts_texts set is_deleted = 1 where id = 8; update tts_audios set file_size = 70000 where text_id = 1",
    ]) {
      await pool.query(statement);
      expect(await readTextBooks(database().pool), statement).toEqual(await countTexts(database().pool));
    }
  });

  it("4. records what a worker does around the application's own code", async () => {
    await thereAndBack(
      () => follow(library?.does),
      async () => {},
    );
  });

  describeWith("python3", "its worker in another language", () => {
    it("5. may report once there is a token, and no more without it", async () => {
      await thereAndBack(
        async () => {
          // Within a day the same content would be a duplicate.
          await database().pool.query("delete from tts_monitor.tasks where text_id = 4");
          await follow(languages?.does);
        },
        async () => {
          await follow(exporter?.does.slice(0, 1));
          await follow(languages?.undoes);
        },
      );
    });
  });

  it("6. tells Prometheus of the workers, of which none is up", async () => {
    await follow(observers?.does);
  });

  it("7. leaves the service as it was before the first step", async () => {
    const unchanged = await rows();
    await stopServing();
    await follow(leaving?.does);
    expect(await catalog()).toEqual(before.catalog);
    expect(await rows()).toEqual(unchanged);
    const left = await database().pool.query("select from pg_roles where rolname = any($1)", [
      [own("tts_writer"), own("tts_reader")],
    ]);
    expect(left.rowCount).toBe(0);
    await role("owner").pool.query(
      "insert into tts_texts (content) values ('after'); delete from tts_audios",
    );
  });
});
