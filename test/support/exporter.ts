import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { createExporter, type Exporter, type ExporterSettings } from "../../src/exporter.ts";
import { type Access, type AccessSettings, openAccess } from "../../src/http/access/access.ts";
import { silentLogger } from "../../src/logger.ts";
import { TOKEN } from "./api.ts";
import { atEndOfFile } from "./end-of-file.ts";
import { SETTINGS } from "./exporter-settings.ts";
import { makeFolder } from "./temporary-server.ts";

/**
 * An exporter on this database, its jobs not started, closed at the end of the file.
 * @param accessSettings default: TOKEN is the only token
 */
export function useExporter(
  databaseUrl: () => string,
  settings: Partial<ExporterSettings> = {},
  accessSettings?: () => AccessSettings,
): () => Exporter {
  let exporter: Exporter | undefined;
  let access: Access | undefined;
  const folder = makeFolder();
  beforeAll(async () => {
    const tokenFile = join(folder, "tokens");
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    access = await openAccess(accessSettings?.() ?? { tokenFile }, silentLogger);
    exporter = createExporter(databaseUrl(), { ...SETTINGS, ...settings }, silentLogger, access);
  });
  atEndOfFile(async () => {
    access?.close();
    await exporter?.scheduler.stop();
    await exporter?.close();
    rmSync(folder, { recursive: true });
  });
  return () => {
    if (!exporter) throw new Error("the exporter exists from beforeAll on");
    return exporter;
  };
}
