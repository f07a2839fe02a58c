import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { type Alerting, type Programs, startAlerting } from "../support/alerting.ts";
import { BOARDS, targetsOf } from "../support/dashboards/read.ts";
import {
  type Answer,
  askPage,
  askPanel,
  type OpenPanel,
  openPage,
  type Page,
} from "../support/dashboards/run.ts";
import { firstCellLink, linksOn, type OpenLink, shownRows } from "../support/dashboards/run-links.ts";
import type { Row, Sources } from "../support/dashboards/run-query.ts";
import { last } from "../support/dashboards/run-range.ts";
import type { Chosen } from "../support/dashboards/run-variables.ts";
import { type Scene, startScene } from "../support/dashboards/scene.ts";
import { boardOf, filledIn, follow, panelOf, walk } from "../support/dashboards/walk.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith } from "../support/programs.ts";
import { useRoles } from "../support/roles.ts";
import { ALERTS, TITLED_ALERTS } from "../support/rules.ts";
import { INTERVAL, shortenedRules } from "../support/shortened-rules.ts";

/** Queries that have no data even here, as the claim below names them, and why. */
const WITHOUT_DATA: Readonly<Record<string, string>> = {};

/** Seconds; as in the test of the alerts. */
const THRESHOLDS = { freshSeconds: 6, staleSeconds: 4, stuckSeconds: 2, silentSeconds: 2, sweepSeconds: 4 };
const SCENE_MS = 180_000;
const UIDS = BOARDS.map(({ uid = "" }) => uid);

const OVERDUE = "id in (select id from tts_monitor.overdue_tasks)";
/** Which tasks an alert's page shows, by the status in its link. */
const ROWS_OF: Readonly<Record<string, string>> = {
  stuck: OVERDUE,
  pending: "status = 'pending'",
  processing: "status = 'processing'",
  timeout: "status = 'timeout'",
};
const ROWS_URLS = new Set(
  ALERTS.map(({ annotations }) => annotations["dashboard_url"] ?? "").filter((url) =>
    url.includes("/tts-tasks"),
  ),
);
const GARBAGE = ["x'; drop table tts_monitor.tasks; --", "12345678901234567890", "-1", "\\'", ""];

const tasks = (where: string) => `select count(*) from tts_monitor.tasks where ${where}`;
const workers = (state: string) => `select count(*) from tts_monitor.worker_states where state = '${state}'`;
const TEXTS = "select count(*) from tts_texts where is_deleted = 0";
const AUDIBLE = `select count(distinct t.id) from tts_texts t join tts_audios a on a.text_id = t.id
  where t.is_deleted = 0 and a.is_deleted = 0 and a.file_size >= 5000`;
/**
 * A page, its panel, the figure's name in the legend or header, and the same counted. Pending tasks are stuck, too, for
 * this exporter is impatient.
 */
const FIGURES: readonly (readonly [uid: string, title: string, name: string, count: string])[] = [
  ["tts-overview", "Stuck tasks", "stuck", tasks(`${OVERDUE} or status = 'pending'`)],
  ["tts-overview", "Waiting and stuck", "pending", tasks("status = 'pending'")],
  ["tts-overview", "Slots in use against limit", "in use", tasks("status = 'processing'")],
  ["tts-overview", "Texts", "all", TEXTS],
  ["tts-overview", "Texts", "with audio", AUDIBLE],
  ["tts-overview", "Text success", "with audio", `select (${AUDIBLE})::float8 / (${TEXTS})`],
  ["tts-workers", "Live", "live", workers("live")],
  ["tts-workers", "Draining", "draining", workers("draining")],
  ["tts-workers", "Lost", "lost", workers("lost")],
  // The scene's own, one a running task.
  ["tts-monitor", "Exporters", "Stream clients", tasks("status = 'processing'")],
];

describeWith("prometheus", "with a real Prometheus", (prometheus) => {
  describeWith("alertmanager", "and a real Alertmanager", (alertmanager) => {
    defineClaims({ prometheus, alertmanager });
  });
});

function defineClaims(programs: Programs): void {
  const database = useTestDatabase();
  const role = useRoles(database, ["grafana"]);
  let scene: Scene;
  let alerting: Alerting;
  let sources: Sources;
  /** a text to which all that a page can show of one has happened */
  let eventful: string;

  beforeAll(async () => {
    scene = await startScene(database());
    alerting = await startAlerting(programs, new URL(scene.exporterUrl).host);
    await migrate(database().directUrl, { reader: role("grafana").name });
    const { prometheusUrl } = alerting;
    sources = { prometheusUrl, scrapeInterval: INTERVAL * 1000, pool: role("grafana").pool };
    await eventually("workers are scraped", async () => (await alerting.up("tts-worker")) > 0, 40_000);
    await alerting.evaluate(shortenedRules(THRESHOLDS));
    eventful = await scene.passAllStates();
    return async () => {
      await scene.end();
      await alerting.stop();
    };
  }, SCENE_MS);

  const sql = async (text: string): Promise<Row[]> => (await database().pool.query(text)).rows;
  const texts = async (where: string) =>
    (await sql(`select distinct text_id::text as text from tts_monitor.tasks where ${where}`)).map((row) =>
      String(row["text"]),
    );
  const open = async (uid: string, chosen: Chosen = {}): Promise<Page> => {
    const usual: Chosen = uid === "tts-task" ? { text_id: [eventful] } : {};
    return openPage(boardOf(uid), sources, last("5m"), { ...usual, ...chosen });
  };

  it("every query of every dashboard returns data and no warning, those of SQL for the role that reads", async () => {
    const answered = new Map<string, boolean>();
    const problems = new Set<string>();
    await eventually(
      "every query has had data",
      async () => {
        for (const uid of UIDS) {
          for (const answer of await askPage(await open(uid))) {
            const key = nameOf(answer);
            const trouble = [answer.error ?? [], answer.warnings].flat();
            if (trouble.length > 0) problems.add(`${key}: ${trouble}\n${answer.query}`);
            answered.set(key, answered.get(key) || answer.rows.length > 0 || answer.error !== undefined);
          }
        }
        const empty = [...answered.keys()].filter((key) => !answered.get(key) && !(key in WITHOUT_DATA));
        if (empty.length === 0) return true;
        throw new Error(`${empty.length} of ${answered.size} have none: ${empty.join("; ")}`);
      },
      40_000,
    );
    expect([...problems]).toEqual([]);
    expect(Object.keys(WITHOUT_DATA).filter((key) => answered.get(key) !== false)).toEqual([]);
  });

  describe("and nothing moves any more", () => {
    beforeAll(async () => {
      await scene.freeze();
      await eventually("tasks are stuck", async () => (await texts(OVERDUE)).length > 0, 30_000);
    }, 60_000);

    it.each(FIGURES)("%s: %s, %s, is what the rows come to", async (uid, title, name, count) => {
      await eventually(
        "both agree",
        async () => {
          const page = await open(uid);
          const shown = figureOf(panelOf(page, title), await askPanel(page, panelOf(page, title)), name);
          const [row] = await sql(`select (${count})::float8 as n`);
          if (shown === row?.["n"]) return true;
          throw new Error(`shown: ${shown}, counted: ${row?.["n"]}`);
        },
        15_000,
      );
    });

    it("failures by reason are those of the rows", async () => {
      const page = await open("tts-tasks");
      const panel = panelOf(page, "Failures by reason");
      const rows = shownRows(panel.panel, await askPanel(page, panel));
      const counted = await sql(
        "select reason, count(*) as n from tts_monitor.tasks where reason is not null group by reason",
      );
      const pairs = (all: readonly Row[], reason: string, count: string) =>
        all.map((row) => `${row[reason]}: ${row[count]}`).sort();
      expect(pairs(rows, "Reason", "Tasks")).toEqual(pairs(counted, "reason", "n"));
    });

    it.each(GARBAGE)("%j in a variable of a page of rows harms nothing, and finds nothing", async (text) => {
      const before = await sql("select * from tts_monitor.tasks order by id");
      for (const uid of UIDS) {
        const page = await open(uid);
        for (const name of page.variables.keys()) {
          const wrong = await open(uid, { [name]: [text] });
          for (const panel of wrong.panels) {
            const asks = targetsOf(panel.panel).some(({ rawSql = "" }) => rawSql.includes(`\${${name}:`));
            if (!asks) continue;
            for (const answer of await askPanel(wrong, panel)) {
              const what = `${nameOf(answer)} where ${name} is ${text}`;
              expect(answer.error, what).toBeUndefined();
              // Among many texts, an empty box asks for all.
              if (text !== "" || uid === "tts-task")
                expect(answer.rows.filter(saysSomething), what).toEqual([]);
            }
          }
        }
      }
      expect(await sql("select * from tts_monitor.tasks order by id")).toEqual(before);
    });

    it.each(TITLED_ALERTS)("$title leads to a page that takes what it says", async ({ annotations }) => {
      await follow(sources, filledIn(annotations["dashboard_url"]));
    });

    it.each([...ROWS_URLS])(
      "where an alert leads, its tasks are listed, and a click on the first shows it: %s",
      async (url) => {
        const list = await follow(sources, filledIn(url));
        const where = ROWS_OF[new URL(url).searchParams.get("var-status") ?? ""] ?? "false";
        const [panel] = list.panels;
        if (!panel) throw new Error("the page is empty");
        const rows = shownRows(panel.panel, await askPanel(list, panel));
        const [row] = rows;
        if (!row) throw new Error(`${panel.title} is empty`);
        const failing = await texts(where);
        expect(failing).toEqual(expect.arrayContaining(rows.map((one) => Object.values(one)[0])));
        expect(rows.length).toBeGreaterThanOrEqual(Math.min(failing.length, 100));

        const task = await follow(sources, firstCellLink(list, panel, row)?.url ?? "");
        const [text] = Object.values(row);
        expect(task.variables.get("text_id")?.variable.value).toBe(text);
        const ids = await sql(`select id from tts_monitor.tasks where text_id = ${text} and ${where}`);
        const shown = JSON.stringify((await askPage(task)).map((answer) => answer.rows));
        for (const { id } of ids) expect(shown).toContain(`"${id}"`);
      },
    );

    it.each(UIDS)("every link on %s leads somewhere, and keeps the time", async (uid) => {
      const page = await open(uid);
      const links = new Map<string, OpenLink>();
      for (const panel of page.panels) {
        for (const link of linksOn(page, panel, await askPanel(page, panel))) links.set(link.url, link);
      }
      const problems: string[] = [];
      for (const { url, place } of links.values()) {
        await walk(page, url).catch((error) => problems.push(`${place}: ${url}: ${error}`));
      }
      expect(problems).toEqual([]);
      expect(links.size).toBeGreaterThan(0);
    });
  });
}

/** By its column's header, or its query's legend. */
function figureOf({ panel }: OpenPanel, answers: readonly Answer[], name: string): unknown {
  if (panel.type === "table") return shownRows(panel, answers)[0]?.[name];
  const query = targetsOf(panel).findIndex(({ legendFormat }) => legendFormat === name);
  return answers[query]?.rows[0]?.["Value"];
}

function nameOf({ board, asker, refId }: Answer): string {
  return `${board}: ${asker} ${refId}`.trim();
}

/** Whether the row tells of a task or a count: a list of names with nothing behind them is an empty answer. */
function saysSomething(row: Row): boolean {
  return Object.values(row).some((value) => value instanceof Date || Number(value) > 0);
}
