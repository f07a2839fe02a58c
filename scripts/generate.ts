import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { GENERATORS } from "./generate/index.ts";
import { stopScratchServer } from "./generate/scratch-database.ts";

// `npm run generate` writes every generated file, or those below a given path; with `--check` it writes none, and fails
// where one is stale.
const check = process.argv.includes("--check");
const below = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? "";
const wanted = GENERATORS.filter(({ path }) => path.startsWith(below));
const stale: string[] = [];

if (wanted.length === 0) {
  console.error(
    `nothing is generated below ${below}; there are:\n${GENERATORS.map(({ path }) => path).join("\n")}`,
  );
  process.exit(1);
}

try {
  for (const { path, generate } of wanted) {
    const fresh = await generate();
    if (fresh === current(path)) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, fresh);
  }
} finally {
  await stopScratchServer();
}

if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run npm run generate`);
  process.exitCode = 1;
} else {
  console.log(stale.length === 0 ? "all generated files are fresh" : `written: ${stale.join(", ")}`);
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
