import { once } from "node:events";
import { createServer } from "node:net";
import { OperationError } from "../../errors.ts";

export const LOOPBACK = "127.0.0.1";

/**
 * The port to listen on: the wanted one, else the remembered one where it is free, else any free one.
 * @throws OperationError where the wanted one is taken
 */
export async function choosePort(
  wanted: number | undefined,
  remembered: number | undefined,
): Promise<number> {
  if (wanted !== undefined) {
    return await bind(wanted).catch((error: NodeJS.ErrnoException) => {
      throw new OperationError(`the embedded database cannot listen on port ${wanted}: ${error.code}`);
    });
  }
  return await bind(remembered ?? 0).catch(() => bind(0));
}

/** Listens for a moment; 0 asks the system for a free port. */
async function bind(port: number): Promise<number> {
  const server = createServer().listen(port, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : port;
}
