import pg from "pg";
import { type Check, type DatabaseSight, ok, warn } from "./check.ts";

const OF_THIS_MACHINE = /^(\/|localhost$|127\.|::1$)/;

/** Does a password cross a network in the open? By the URL, because a pooler's own link is its own business. */
export const encryptionCheck: Check<DatabaseSight> = {
  name: "encryption",
  async look({ url }) {
    const { host, ssl } = new pg.Client(url);
    if (ssl) return ok(`TLS to ${host}`);
    if (OF_THIS_MACHINE.test(host)) return ok("none, and none needed: the database is on this machine");
    return warn(
      `none to ${host}: who is on the way reads and changes what the database says`,
      "add sslmode=verify-full to --database.url, and sslrootcert=FILE where its authority is your own",
    );
  },
};
