import type { ServerResponse } from "node:http";
import pLimit from "p-limit";
import type { Queryable } from "../../db/pool.ts";
import type { TaskRow } from "../../db/task-reader.ts";
import { ENDED, type Rank, stepsAfter, type TaskEvent } from "../../domain/task-event.ts";
import { type TaskFacts, taskStatus } from "../../domain/task-status.ts";
import { BusyError, DatabaseUnavailableError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Pace } from "../../watch/pace.ts";
import { createTaskWatch } from "../../watch/task-watch.ts";
import { frame, retryHint } from "./frame.ts";
import { type Opening, readOpening } from "./opening.ts";
import { type Beating, firstComment, PATIENCE, type Patience, startPulse } from "./pulse.ts";

export interface StreamsOptions {
  db: Queryable;
  /** where to LISTEN; undefined: tasks are looked at at intervals */
  listenUrl: string | undefined;
  maxClients: number;
  log: Logger;
  /** told of the number of clients whenever it changes */
  onClients?(clients: number): void;
  pace?: Pace;
  patience?: Patience;
}

interface Stream extends Beating {
  textId: bigint;
  taskId: bigint;
  known: Rank;
}

// A stream that opens waits for those that came before it; a database that hangs must not hold them all for hours.
const LONGEST_WAIT = 10_000;
// For what is written to a client at the end to reach it.
const GOODBYE = 1000;

const HEAD = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
  // Nothing comes after it, so a connection that has shown its stream is free to go.
  Connection: "close",
};

export type Streams = ReturnType<typeof createStreams>;

/** The live streams of this process. */
export function createStreams(options: StreamsOptions) {
  const { db, maxClients, onClients = () => {}, patience = PATIENCE } = options;
  const streams = new Set<Stream>();
  const watch = createTaskWatch<Stream>({ ...options, tell: advance });
  // One at a time: thousands that come at once must not keep jobs and API from their connections.
  const inTurn = pLimit(1);
  let opening = 0;
  let draining = false;
  let stopPulse = () => {};
  let goodbye: NodeJS.Timeout | undefined;

  /** @throws BusyError */
  function refuseWhereFull(): void {
    if (draining) throw new BusyError("shutting down");
    if (streams.size + opening >= maxClients) throw new BusyError("too many streams are open");
  }

  function add(response: ServerResponse, textId: bigint, { task, known }: Opening): void {
    const stream: Stream = {
      response,
      textId,
      taskId: task.taskId,
      known,
      over: false,
      commentedAt: firstComment(patience),
      stalledSince: undefined,
    };
    if (streams.size === 0) stopPulse = startPulse(() => streams, patience);
    streams.add(stream);
    onClients(streams.size);
    response.on("error", () => {}).once("close", () => remove(stream));
    response.write(retryHint() + frameOf(stream, known, "status", task));
    advance(stream, task);
    if (!stream.over) watch.add(task.taskId, stream);
  }

  function remove(stream: Stream): void {
    stream.over = true;
    watch.remove(stream.taskId, stream);
    streams.delete(stream);
    onClients(streams.size);
    if (streams.size === 0) stopPulse();
  }

  return {
    /**
     * Shows the client the text's task, to its end.
     * @param textId of the text that was asked for, also where it follows another text's task
     * @throws NotFoundError, BusyError
     */
    async open(textId: bigint, lastEventId: string | undefined, response: ServerResponse): Promise<void> {
      refuseWhereFull();
      opening++;
      const since = performance.now();
      try {
        const found = await inTurn(async () => {
          if (performance.now() - since > LONGEST_WAIT) throw new DatabaseUnavailableError(TOO_SLOW);
          // What the client has left meanwhile costs no read.
          return response.destroyed ? undefined : await readOpening(db, textId, lastEventId);
        });
        if (draining) throw new BusyError("shutting down");
        if (response.destroyed) return;
        response.writeHead(found ? 200 : 204, found ? HEAD : {});
        if (found && response.req.method !== "HEAD") add(response, textId, found);
        else response.end();
      } finally {
        opening--;
      }
    },
    /** Ends all streams, for their clients to go on elsewhere, and opens no more. */
    drain(): void {
      draining = true;
      for (const stream of streams) end(stream);
      goodbye ??= setTimeout(() => destroyAll(streams), GOODBYE);
    },
    /** Ends all that is left, and the watching. */
    async close(): Promise<void> {
      draining = true;
      clearTimeout(goodbye);
      destroyAll(streams);
      await watch.close();
    },
    /** what is still held: nothing, when all clients have gone */
    get held() {
      return { clients: streams.size + opening, tasks: watch.size };
    },
  };
}

const TOO_SLOW = "the database does not answer";

/** Sends what has happened to the task beyond what the client knows, and ends the stream after the end. */
function advance(stream: Stream, task: TaskRow | undefined): void {
  if (stream.over) return;
  for (const step of task ? stepsAfter(stream.known, task) : []) {
    stream.known = step.rank;
    stream.response.write(frameOf(stream, step.rank, step.event, step.task));
  }
  if (!task || stream.known === ENDED) end(stream);
}

function frameOf(
  { textId, taskId }: Stream,
  rank: Rank,
  event: TaskEvent | "status",
  task: TaskFacts,
): string {
  return frame({ taskId, rank }, event, taskStatus(textId, task));
}

function end(stream: Stream): void {
  stream.over = true;
  stream.response.end();
}

function destroyAll(streams: Iterable<Stream>): void {
  for (const { response } of streams) response.destroy();
}
