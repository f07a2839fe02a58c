import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm run sbom --silent` prints CycloneDX of all that production installs, from package-lock.json. `npm sbom --omit=dev`
// would leave out what development needs as well, and refuse where development's packages are not installed: npm is
// asked in a folder whose two files know of production only.
const scratch = mkdtempSync(join(tmpdir(), "tts-monitor-sbom-"));
try {
  // npm calls the project by its folder's name.
  const folder = join(scratch, "tts-monitor");
  mkdirSync(folder);
  for (const name of ["package.json", "package-lock.json"]) {
    writeFileSync(join(folder, name), withoutDevelopment(readFileSync(name, "utf8")));
  }
  const options = ["--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=application"];
  const { status } = spawnSync("npm", ["sbom", ...options], { cwd: folder, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true });
}

function withoutDevelopment(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value) =>
    key === "devDependencies" || value?.dev === true ? undefined : value,
  );
}
