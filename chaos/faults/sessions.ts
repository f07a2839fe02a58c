import { setTimeout as sleep } from "node:timers/promises";
import { findProcess } from "../../src/db/embedded/processes.ts";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { POSTGRES } from "./parts.ts";
import { insist, long, short, untilItAnswers } from "./time.ts";

/** $1: the role; nobody logs in as it but the parts, and they name themselves */
const OURS = "from pg_stat_activity where usename = $1 and application_name like 'tts-monitor%'";
// Without them the server is as good as frozen, but its answers from memory would still come.
const BACKGROUND = "or backend_type in ('checkpointer', 'background writer', 'walwriter')";

export const DATABASE_FROZEN: Fault = {
  kind: "database-frozen",
  lane: "breaking",
  seconds: 4,
  prepare(stage, random) {
    const ms = random.pick([short(random), long(stage, random)]);
    return { targets: POSTGRES, detail: `${ms} ms`, inject: () => freeze(stage, ms) };
  },
};

async function freeze(stage: Stage, ms: number): Promise<void> {
  const { pid, role, stranger } = stage.database;
  // Its session is there before the server stands still, and so lists all those that will ever be.
  const witness = await stranger();
  const frozen = [pid];
  try {
    process.kill(pid, "SIGSTOP");
    const { rows } = (await witness.query(`select pid ${OURS} ${BACKGROUND}`, [role])) as {
      rows: { pid: number }[];
    };
    for (const session of rows) {
      signal(session.pid, "SIGSTOP");
      frozen.push(session.pid);
    }
    await sleep(ms);
  } finally {
    for (const each of frozen.reverse()) signal(each, "SIGCONT");
    await witness.end();
  }
  await untilItAnswers(stage);
}

/** To a process of the server's only: one that has ended may have left its number to somebody else. */
function signal(pid: number, which: NodeJS.Signals): void {
  if (/postgres/.test(findProcess(pid)?.command ?? "")) process.kill(pid, which);
}

export const SESSION_KILLED: Fault = {
  kind: "session-killed",
  lane: "breaking",
  seconds: 1,
  prepare(stage, random) {
    // The server is back so soon that nobody might have asked meanwhile.
    const victims = Array.from({ length: random.whole(2, 3) }, () => random.fraction());
    return {
      targets: POSTGRES,
      detail: `${victims.length} times`,
      async inject() {
        for (const which of victims) {
          await insist(() => killSession(stage, which));
          await sleep(300);
          await untilItAnswers(stage);
        }
      },
    };
  },
};

/** @param which a fraction of the sessions that there are */
async function killSession({ database: { sql, role } }: Stage, which: number): Promise<void> {
  const sessions = await sql(`select pid ${OURS} order by pid`, [role]);
  const victim = sessions[Math.floor(which * sessions.length)];
  if (!victim) throw new Error("no part has a session that could be killed");
  signal(Number(victim["pid"]), "SIGKILL");
}

export const SESSIONS_TERMINATED: Fault = {
  kind: "sessions-terminated",
  lane: "breaking",
  seconds: 2,
  prepare(stage, random) {
    const times = random.whole(5, 12);
    return {
      targets: POSTGRES,
      detail: `${times} times`,
      async inject() {
        const { sql, role } = stage.database;
        for (let time = 0; time < times; time++) {
          await sql(`select pg_terminate_backend(pid) ${OURS}`, [role]);
          await sleep(200);
        }
      },
    };
  },
};
