import { afterEach } from "vitest";
import { createApp } from "../../src/http/app.ts";
import { taskStream } from "../../src/http/routes/task-stream.ts";
import { listen } from "../../src/http/server.ts";
import { createStreams, type Streams, type StreamsOptions } from "../../src/http/stream/streams.ts";
import { silentLogger } from "../../src/logger.ts";
import { openPool } from "./open-pool.ts";
import type { TestDatabase } from "./postgres.ts";

interface StreamServer {
  streams: Streams;
  /** of a text's stream */
  url(textId: bigint | number | string): string;
  stop(): Promise<void>;
}

type Options = Partial<StreamsOptions> & { databaseUrl?: string; before?: Parameters<typeof createApp>[1] };

/** The sessions of this database that LISTEN for streams. */
export const LISTENERS = `select pid from pg_stat_activity
  where application_name = 'tts-monitor listen' and datname = current_database()
    and query ilike any('{listen %,%pg_listening_channels%}')`;

/** Servers of live streams alone, stopped after each test. */
export function useStreamServers(database: () => TestDatabase) {
  let servers: StreamServer[] = [];
  afterEach(async () => {
    for (const server of servers) await server.stop();
    servers = [];
  });
  const start = async ({ databaseUrl = database().url, before = {}, ...options }: Options = {}) => {
    const db = openPool(databaseUrl, "test streams", 2);
    const streams = createStreams({
      db,
      listenUrl: database().directUrl,
      maxClients: 10_000,
      log: silentLogger,
      ...options,
    });
    const server = await listen(createApp([taskStream(streams)], before), { host: "127.0.0.1", port: 0 });
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      await streams.close();
      await server.close();
      await db.end();
    };
    const started: StreamServer = {
      streams,
      url: (textId) => `http://127.0.0.1:${server.port}/api/task/stream/${textId}`,
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
    servers.push(started);
    return started;
  };
  return start;
}

/** Steps of tasks by SQL, as from another process. */
export function taskSteps(sql: (text: string, values?: unknown[]) => Promise<{ rows: { id: string }[] }>) {
  return {
    async queue(textId: bigint | number): Promise<string> {
      const { rows } = await sql(
        "insert into tts_monitor.tasks (text_id, worker) values ($1, 'w') returning id",
        [textId],
      );
      return rows[0]?.id ?? "";
    },
    start: (taskId: string) =>
      sql("update tts_monitor.tasks set status = 'processing' where id = $1", [taskId]),
    end: (taskId: string, status = "completed", errorMessage: string | null = null) =>
      sql("update tts_monitor.tasks set status = $2, error_message = $3 where id = $1", [
        taskId,
        status,
        errorMessage,
      ]),
  };
}
