import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../src/demo/programs.ts";
import { makeFolder } from "../../test/support/temporary-server.ts";
import { start } from "./process.ts";

export interface Load {
  url: string;
  script: string;
  clients: number;
  seconds: number;
  /** settings of the sessions */
  session?: Record<string, string>;
  /** transactions a second; default: as fast as it goes */
  rate?: number;
}

/**
 * Runs a script with pgbench, by the protocol that the package pg uses.
 * @returns how often it ran, a second
 */
export async function pgbench({ url, script, clients, seconds, session = {}, rate }: Load): Promise<number> {
  const program = findProgram("pgbench");
  if (!program) throw new Error("pgbench is not installed: Debian has it in the package postgresql");
  const folder = makeFolder();
  const file = join(folder, "script.sql");
  writeFileSync(file, script);
  const options = Object.entries(session).map(([name, value]) => `-c ${name}=${value}`);
  try {
    const output = await start(
      program,
      [
        ...["--no-vacuum", "--protocol=extended", `--file=${file}`, `--time=${seconds}`],
        ...[`--client=${clients}`, `--jobs=${Math.min(2, clients)}`],
        ...(rate ? [`--rate=${rate}`] : []),
        url,
      ],
      { PGOPTIONS: options.join(" ") },
    ).done();
    const [, tps] = /^tps = ([\d.]+)/m.exec(output) ?? [];
    if (tps === undefined) throw new Error(output);
    return Number(tps);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
