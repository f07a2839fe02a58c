import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { atEndOfFile } from "./end-of-file.ts";
import { eventually } from "./eventually.ts";

interface StreamEvent {
  id: string;
  data: Record<string, unknown>;
}

/** A client of a live stream. */
export interface StreamClient {
  status: number;
  headers: IncomingMessage["headers"];
  /** so far */
  events: StreamEvent[];
  comments(): number;
  /** every byte so far */
  text(): string;
  readonly ended: boolean;
  /** of the last event, for the next connection */
  readonly lastEventId: string | undefined;
  /** Waits for the stream's end. @returns the names of its events */
  end(withinMs?: number): Promise<unknown[]>;
  /** Waits until the stream has sent so many events. @returns their names */
  names(count: number): Promise<unknown[]>;
  /** Breaks the connection. */
  close(): void;
}

const open = new Set<StreamClient>();
atEndOfFile(() => {
  for (const client of open) client.close();
});

/** Connects as a browser's EventSource does, and keeps all that it is sent. */
export async function openStream(url: string, lastEventId?: string): Promise<StreamClient> {
  const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const request = get(url, { headers, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  let unparsed = "";
  let comments = 0;
  let ended = false;
  const events: StreamEvent[] = [];
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const blocks = (unparsed + chunk).split("\n\n");
    unparsed = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith(":")) comments++;
      else if (!block.startsWith("retry: ")) events.push(parsed(block));
    }
  });
  response.on("error", () => {});
  response.on("close", () => {
    ended = true;
    open.delete(client);
  });
  const names = () => events.map(({ data }) => data["event"]);
  const client: StreamClient = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    comments: () => comments,
    text: () => text,
    get ended() {
      return ended;
    },
    get lastEventId() {
      return events.at(-1)?.id;
    },
    async end(withinMs) {
      await eventually("the stream ends", () => ended, withinMs);
      return names();
    },
    async names(count) {
      await eventually(`${count} events; so far ${names()}`, () => events.length >= count);
      return names();
    },
    close: () => request.destroy(),
  };
  open.add(client);
  return client;
}

/** Strictly: whatever is not the two lines of an event fails. */
function parsed(block: string): StreamEvent {
  const [, id = "", json = ""] = /^id: (.*)\ndata: (.*)$/.exec(block) ?? [];
  if (json === "") throw new Error(`no event: ${JSON.stringify(block)}`);
  return { id, data: JSON.parse(json) };
}
