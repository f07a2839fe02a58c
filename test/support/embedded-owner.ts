/**
 * A process that starts the embedded database in the folder given, prints its address, and ends it on SIGTERM:
 * the tests run it to kill it.
 */
import { startEmbedded } from "../../src/db/embedded.ts";
import { testBinaries } from "./temporary-server.ts";

const [dataDir = ""] = process.argv.slice(2);
try {
  const server = await startEmbedded({ dataDir, log: () => {}, ...testBinaries() });
  console.log(`server ${server.pid} at ${server.url}`);
  // A Ctrl-C must reach the owner and not the server: this owner takes it and carries on.
  process.on("SIGINT", () => console.log("owner got SIGINT"));
  process.once("SIGTERM", () => server.stop().then(() => process.exit(0)));
} catch (error) {
  console.log(`refused: ${(error as Error).message}`);
  process.exitCode = 1;
}
