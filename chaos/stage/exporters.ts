import { resolve } from "node:path";
import { hostPort } from "../../src/domain/address.ts";
import { startProxy } from "../../test/support/tcp-proxy.ts";
import { clockOf } from "./clock.ts";
import { createPart, type OwnPart } from "./part.ts";
import type { Setting } from "./setting.ts";
import { ENVIRONMENT, EXPORTERS } from "./settings.ts";

/** `tts-monitor serve`, built and as users run it, twice. */
export async function createExporters(setting: Setting): Promise<OwnPart[]> {
  const { recorder, database, folder, pickPort, tokenFile } = setting;
  return Promise.all(
    EXPORTERS.map(async (name) => {
      const link = await startProxy(database.url);
      database.onMove((url) => link.retarget(url));
      const port = await pickPort();
      const clock = clockOf(name, folder);
      return createPart(recorder, {
        name,
        kind: "exporter",
        url: `http://${hostPort("127.0.0.1", port)}`,
        link,
        ...(clock && { setClock: clock.set }),
        program: process.execPath,
        args: [resolve("dist/cli.js"), "serve"],
        env: {
          ...ENVIRONMENT,
          ...clock?.env,
          TTS_MONITOR_DATABASE_URL: link.url,
          TTS_MONITOR_WEB_LISTEN_ADDRESS: hostPort("127.0.0.1", port),
          TTS_MONITOR_API_TOKEN_FILE: tokenFile,
        },
      });
    }),
  );
}
