import type { Fault } from "./fault.ts";
import { POSTGRES } from "./parts.ts";
import { alterSystem } from "./server-settings.ts";
import { insist, lasting, long } from "./time.ts";

/** Whoever commits waits for it, and it is no standby's name. */
const NOBODY = "chaos_nobody";

export const STANDBY_SILENT: Fault = {
  kind: "standby-silent",
  lane: "breaking",
  seconds: 4,
  prepare(stage, random) {
    const ms = long(stage, random);
    const waitFor = (names: string) => alterSystem(stage, `set synchronous_standby_names = '${names}'`);
    return {
      targets: POSTGRES,
      detail: `${ms} ms`,
      async inject() {
        const [row] = await stage.database.sql("show synchronous_standby_names");
        const before = String(row?.["synchronous_standby_names"]);
        await lasting(
          ms,
          () => waitFor(NOBODY),
          () => insist(() => waitFor(before)),
        );
      },
    };
  },
};
