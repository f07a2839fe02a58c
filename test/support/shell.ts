import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * What a command prints in a shell that stops at the first thing wrong.
 * @param cwd by default the repository
 * @throws where it ends with another code than 0, or not within 20 seconds
 */
export async function shell(
  command: string,
  variables: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", command], {
    env: { ...process.env, ...variables },
    timeout: 20_000,
    ...(cwd && { cwd }),
  });
  return stdout;
}
