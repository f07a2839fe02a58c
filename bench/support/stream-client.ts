import { once } from "node:events";
import { connect, type Socket } from "node:net";

/**
 * Opens a text's live stream, on a bare socket: a client that costs this process next to nothing.
 * @param told called with the name of each event that arrives later
 */
export async function openStream(
  port: number,
  textId: number | bigint,
  told: (event: string) => void = () => {},
): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`GET /api/task/stream/${textId} HTTP/1.1\r\nHost: bench\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString().startsWith("HTTP/1.1 200")) throw new Error(answer.toString());
  socket.on("data", (chunk: Buffer) => {
    for (const [, event = ""] of chunk.toString().matchAll(/"event":"(\w+)"/g)) told(event);
  });
  return socket;
}
