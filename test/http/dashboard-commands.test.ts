import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type HttpServer, listen } from "../../src/http/server.ts";
import { TOKEN } from "../support/api.ts";
import { BOARDS, panelsOf } from "../support/dashboards/read.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith } from "../support/programs.ts";
import { createAppTables, seedTasks } from "../support/seed.ts";
import { shell } from "../support/shell.ts";
import { makeFolder } from "../support/temporary-server.ts";

const FAILED_TEXT = "5";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const folder = makeFolder();
let server: HttpServer | undefined;
atEndOfFile(async () => {
  rmSync(folder, { recursive: true });
  await server?.close();
});

beforeAll(async () => {
  await createAppTables(database().pool);
  await seedTasks(database().pool);
  server = await listen(exporter().app, { host: "127.0.0.1", port: 0 });
  writeFileSync(join(folder, "api-token"), TOKEN);
});

const COMMANDS = BOARDS.filter(({ uid }) => uid === "tts-task")
  .flatMap(panelsOf)
  .flatMap(({ options }) => [...String(options?.content).matchAll(/```sh\n(.*?)```/gs)])
  .map(([, command = ""]) => command);

/** The page's only command of the kind, pasted into a shell beside a file with a token. */
function paste(path: string, task = ""): Promise<string> {
  const [command = "", ...others] = COMMANDS.filter((known) => known.includes(path));
  expect(others).toEqual([]);
  const pasted = command
    .replaceAll("${exporter}", `http://127.0.0.1:${server?.port}`)
    .replaceAll("${text_id:percentencode}", FAILED_TEXT)
    .replace("TASK", task);
  return shell(pasted, {}, folder);
}

describeWith("curl", "the commands of the page of one text", () => {
  it("are those that are tried here", () => {
    expect(COMMANDS).toHaveLength(5);
  });

  it("tell what a text has come to, its attempts, and its steps until it ended", async () => {
    expect(JSON.parse(await paste("/task/status/"))).toMatchObject({ status: "failed" });
    expect(JSON.parse(await paste("/tasks?"))).toMatchObject({ tasks: [{ text_id: Number(FAILED_TEXT) }] });
    expect(await paste("/task/stream/")).toContain('"status":"failed"');
  });

  it("try it again, and end an attempt that hangs", async () => {
    const { task_id } = JSON.parse(await paste("/task/retry/"));
    await database().pool.query(
      "update tts_monitor.tasks set status = 'processing', worker = 'hanging' where id = $1",
      [task_id],
    );
    await paste("/fail", task_id);
    const { rows } = await database().pool.query(
      "select status, error_message from tts_monitor.tasks where id = $1",
      [task_id],
    );
    expect(rows).toEqual([{ status: "failed", error_message: "given up by hand" }]);
  });
});
