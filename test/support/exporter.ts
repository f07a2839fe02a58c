import { beforeAll } from "vitest";
import { createExporter, type Exporter, type ExporterSettings } from "../../src/exporter.ts";
import { silentLogger } from "../../src/logger.ts";
import { atEndOfFile } from "./end-of-file.ts";
import { SETTINGS } from "./exporter-settings.ts";

/** An exporter on this database, its jobs not started, closed at the end of the file. */
export function useExporter(
  databaseUrl: () => string,
  settings: Partial<ExporterSettings> = {},
): () => Exporter {
  let exporter: Exporter | undefined;
  beforeAll(() => {
    exporter = createExporter(databaseUrl(), { ...SETTINGS, ...settings }, silentLogger);
  });
  atEndOfFile(async () => {
    await exporter?.scheduler.stop();
    await exporter?.close();
  });
  return () => {
    if (!exporter) throw new Error("the exporter exists from beforeAll on");
    return exporter;
  };
}
