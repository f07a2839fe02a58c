import { once } from "node:events";
import { startEmbedded } from "../db/embedded.ts";
import { OperationError } from "../errors.ts";
import type { FromDatabase } from "./messages.ts";

// The embedded PostgreSQL in a process of its own (argv: its data's directory), which stops it in good order
// even where the supervisor could not. A signal that comes during the start is heard after it.
const signalled = once(process, "SIGTERM").then(() => 0);
const [dataDir = ""] = process.argv.slice(2);

try {
  const server = await startEmbedded({ dataDir, log: (line) => process.stderr.write(`${line}\n`) });
  const lost = new Promise<number>((resolve) => server.onExit(() => resolve(1)));
  tell({ url: server.url });
  process.exitCode = await Promise.race([signalled, lost]);
  await server.stop();
} catch (error) {
  if (!(error instanceof OperationError)) throw error;
  tell({ refused: error.message });
}

function tell(message: FromDatabase): void {
  process.send?.(message, () => {});
}
