import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type HttpServer, listen } from "../../src/http/server.ts";
import { TOKEN } from "../support/api.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith } from "../support/programs.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";
import { shell } from "../support/shell.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
let server: HttpServer | undefined;
atEndOfFile(async () => server?.close());

/** The guide's examples: a command, and the answer that is shown for it. */
function examples(): { command: string; language: string; answer: string }[] {
  const guide = readFileSync("docs/api.md", "utf8");
  const blocks = /```sh\n(.*?)```\n+```(json|text)\n(.*?)```/gs;
  return [...guide.matchAll(blocks)].map(([, command = "", language = "", answer = ""]) => ({
    command,
    language,
    answer,
  }));
}

// The moment and what is numbered at random differ from run to run.
const VARYING: Record<string, unknown> = { timestamp: expect.any(Number), next_cursor: expect.any(String) };

function expected(answer: string): unknown {
  return JSON.parse(answer, (key, value) => VARYING[key] ?? value);
}

describeWith("curl", "the API guide", () => {
  it("shows what its commands answer, one after the other", async () => {
    await createAppTables(database().pool);
    await track(database().pool);
    await seedTasks(database().pool);
    server = await listen(exporter().app, { host: "127.0.0.1", port: 0 });
    const variables: Record<string, string> = { URL: `http://127.0.0.1:${server.port}`, TOKEN };
    const all = examples();
    expect(all.length).toBe(readFileSync("docs/api.md", "utf8").split("```sh").length - 1);
    for (const { command, language, answer } of all) {
      const output = await shell(command, variables);
      if (language === "json") {
        const body = JSON.parse(output) as { task_id?: string };
        expect(body, command).toEqual(expected(answer));
        if (body.task_id) variables["TASK"] = body.task_id;
      } else {
        expect(output.trim().replace(/^retry: \d+\n+/, ""), command).toBe(answer.trim());
      }
    }
  });
});
