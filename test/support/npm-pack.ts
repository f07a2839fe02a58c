import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Paths that `npm pack` puts into the archive, without making it. @param cwd the package's folder */
export async function packedPaths(cwd = "."): Promise<string[]> {
  const { files } = await pack(["--dry-run"], cwd);
  return files.map(({ path }) => path);
}

/** Makes the package's archive in the folder, and returns the archive's name. */
export async function packInto(folder: string): Promise<string> {
  const { filename } = await pack([`--pack-destination=${folder}`], ".");
  return filename;
}

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** Without `prepare`, which would build dist anew under the feet of other tests. */
async function pack(options: readonly string[], cwd: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", ...options], {
    cwd,
    maxBuffer: 16 << 20,
  });
  // Newer versions of npm answer by the package's name.
  const [packed] = Object.values<Packed>(JSON.parse(stdout));
  if (!packed) throw new Error("npm pack told of no package");
  return packed;
}
