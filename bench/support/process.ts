import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { onAbruptEnd } from "../../test/support/abrupt-end.ts";
import { eventually } from "../../test/support/eventually.ts";
import { outputOf } from "../../test/support/output-of.ts";

export interface BenchProcess {
  pid: number;
  /** standard output and error so far */
  output(): string;
  /** Waits for output that matches. */
  says(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** Waits for the end, and fails unless it is a good one. @returns the output */
  done(): Promise<string>;
  /** SIGTERM, and waits for the end. */
  end(): Promise<void>;
}

/** Starts a program; it ends with this process at the latest. */
export function start(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): BenchProcess {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const forget = onAbruptEnd(() => void child.kill("SIGKILL"));
  const output = outputOf(child);
  const exited = endOf(child).finally(forget);
  exited.catch(() => {});
  return {
    pid: child.pid ?? 0,
    output,
    says: (pattern, withinMs = 30_000) =>
      eventually(
        `${program} says ${pattern}`,
        () => pattern.exec(output()),
        withinMs,
        () => (child.exitCode === null ? undefined : output()),
      ),
    async done() {
      const code = await exited;
      if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output()}`);
      return output();
    },
    async end() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}

export interface ExporterProcess extends BenchProcess {
  url: string;
  /** The body of a scrape. */
  scrape(): Promise<string>;
}

/** `tts-monitor serve`, built and as users run it, on a free port, once the database is ready. */
export function startExporter(databaseUrl: string, ...flags: string[]): Promise<ExporterProcess> {
  return startExporterUnder([], databaseUrl, ...flags);
}

/** The same, with flags of Node.js too. */
export async function startExporterUnder(
  nodeFlags: readonly string[],
  databaseUrl: string,
  ...flags: string[]
): Promise<ExporterProcess> {
  const exporter = start(process.execPath, [
    ...nodeFlags,
    resolve("dist/cli.js"),
    "serve",
    "--web.listen-address=127.0.0.1:0",
    `--database.url=${databaseUrl}`,
    ...flags,
  ]);
  const [, port] = await exporter.says(/"port":(\d+),"msg":"listening"/);
  await exporter.says(/the database is ready/);
  const url = `http://127.0.0.1:${port}`;
  return {
    ...exporter,
    url,
    async scrape() {
      const response = await fetch(`${url}/metrics`);
      const body = await response.text();
      if (!/^tts_db_up 1$/m.test(body)) throw new Error(`a scrape failed: ${response.status}`);
      return body;
    },
  };
}
