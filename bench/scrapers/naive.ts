// An exporter as one writes it in an afternoon, in a process of its own: every scrape asks the database one question,
// and shares the answer with nobody. Arguments: the database's URL, and which question.
import express from "express";
import pg from "pg";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { isQuestion, QUESTIONS } from "./questions.ts";

// As many as the exporter's scrapes have.
const CONNECTIONS = 2;

const [, , databaseUrl, question = ""] = process.argv;
if (!isQuestion(question)) throw new Error(`no such question: ${question}`);
const { sql, labels } = QUESTIONS[question];
const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
const registry = new Registry();
collectDefaultMetrics({ register: registry });
const tasks = new Gauge({
  name: "naive_tasks",
  help: "Tasks in the database.",
  labelNames: labels,
  registers: [registry],
});

const app = express();
app.get("/metrics", async (_request, response) => {
  const { rows } = await pool.query<Record<string, string>>(sql);
  tasks.reset();
  for (const row of rows) {
    tasks.set(Object.fromEntries(labels.map((label) => [label, row[label] ?? ""])), Number(row["n"]));
  }
  const body = await registry.metrics();
  response.setHeader("Content-Type", registry.contentType);
  response.end(body);
});
const server = app.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(JSON.stringify({ port: address?.port }));
});
