import { existsSync } from "node:fs";
import type pg from "pg";
import { expect } from "vitest";
import { doctorCommand } from "../../src/commands/doctor.ts";
import type { CommandName } from "../../src/config/setting.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { loadConfig } from "../../src/config.ts";
import { trackAppTables } from "../../src/db/app-tables.ts";
import { silentLogger } from "../../src/logger.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";
import { startCli } from "./processes.ts";
import { createAppRows } from "./text-steps.ts";
import { withClient } from "./with-client.ts";

export interface DoctorFinding {
  level: string;
  name: string;
  found: string;
  /** "": none */
  hint: string;
}

export interface Diagnosis {
  code: number;
  findings: DoctorFinding[];
}

/** Runs `doctor` in this process. Every command, flag and file that its hints name exists, or this fails. */
export async function diagnose(url: string | undefined, flags: readonly string[] = []): Promise<Diagnosis> {
  const words = [...(url === undefined ? [] : [`--database.url=${url}`]), ...flags];
  const lines: string[] = [];
  const code = await doctorCommand.run(loadConfig("doctor", words, {}), {
    print: (line) => void lines.push(line),
    log: silentLogger,
    stopSignal: () => new AbortController().signal,
  });
  const findings = parseDoctor(lines);
  for (const { hint } of findings) expectToExist(hint);
  return { code, findings };
}

/** The findings in the lines that `doctor` prints; fails where a line has another form. */
export function parseDoctor(lines: readonly string[]): DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  for (const line of lines) {
    const hint = /^ {6}hint: (.+)$/.exec(line)?.[1];
    const last = findings.at(-1);
    if (hint !== undefined && last?.hint === "") last.hint = hint;
    else {
      const [, level = "", name = "", found = ""] = /^(ok|warn|fail) {2,4}([a-z ]+): (.+)$/.exec(line) ?? [];
      expect(level, line).not.toBe("");
      findings.push({ level, name, found, hint: "" });
    }
  }
  for (const { level, hint, name } of findings) expect([name, hint !== ""]).toEqual([name, level !== "ok"]);
  return findings;
}

export const findingOf = ({ findings }: Diagnosis, name: string): DoctorFinding | undefined =>
  findings.find((finding) => finding.name === name);

/** `level name` of everything that is not ok. */
export const complaintsOf = ({ findings }: Diagnosis): string[] =>
  findings.filter(({ level }) => level !== "ok").map(({ level, name }) => `${level} ${name}`);

const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command);
const ours = (command: string) => /^tts-monitor (\S+) ?(.*)$/.exec(command);
const wordsOf = (text: string) =>
  [...text.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([word, inQuotes]) => inQuotes ?? word);

function expectToExist(hint: string): void {
  for (const [file] of hint.matchAll(/docs\/[\w./-]+\.md/g)) expect(existsSync(file), file).toBe(true);
  for (const [, flag = ""] of hint.matchAll(/(?<= |\(|^)--(?:no-)?([a-z][\w.-]*)/g)) {
    expect(Object.keys(SETTINGS), hint).toContain(flag);
  }
  for (const command of quoted(hint)) {
    const [, name = "", rest = ""] = ours(command) ?? [];
    if (name === "") continue;
    loadConfig(name as CommandName, wordsOf(rest), { DATABASE_URL: "postgres://h/d" });
  }
}

/** Does what a hint says between backticks, in its order: commands of ours as a process, the rest as SQL. */
export async function follow(hint: string, url: string, pool: pg.Pool): Promise<void> {
  await withClient(pool, async (client) => {
    for (const command of quoted(hint)) {
      const [, name, rest = ""] = ours(command) ?? [];
      if (name === undefined) await client.query(command);
      else {
        const cli = startCli([name, ...wordsOf(rest), `--database.url=${url}`]);
        expect(await cli.exited, `${command}: ${cli.output()}`).toEqual({ code: 0, signal: null });
      }
    }
  });
}

/** A database with nothing wrong, but that no exporter is connected. */
export async function healthyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await createAppRows(database.pool, true);
  await database.pool.query("create index on tts_audios (text_id)");
  await withClient(database.pool, trackAppTables);
  await database.pool.query("insert into tts_monitor.tasks (text_id, status) values (1, 'completed')");
  return database;
}
