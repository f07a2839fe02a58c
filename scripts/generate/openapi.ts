import request from "supertest";
import { createExporter } from "../../src/exporter.ts";
import { silentLogger } from "../../src/logger.ts";
import { SETTINGS } from "../../test/support/exporter-settings.ts";
import type { ScratchDatabase } from "./scratch-database.ts";

/** `/openapi.json` as the exporter serves it. */
export async function openApiDescription({ url }: ScratchDatabase): Promise<string> {
  const exporter = createExporter(url, SETTINGS, silentLogger);
  try {
    const { body } = await request(exporter.app).get("/openapi.json");
    return `${JSON.stringify(body, undefined, 2)}\n`;
  } finally {
    await exporter.close();
  }
}
