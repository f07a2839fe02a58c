import { Validator } from "@seriousme/openapi-schema-validator";
import request from "supertest";
import { expect, it } from "vitest";
import { VERSION } from "../../src/version.ts";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);

interface Described {
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
}
const description = async () => (await request(exporter().app).get("/openapi.json")).body;

it("is a valid OpenAPI 3.1 description of this version", async () => {
  const document = await description();
  expect(await new Validator().validate(document)).toEqual({ valid: true });
  expect(document).toMatchObject({ openapi: "3.1.1", info: { version: VERSION } });
});

it("describes every endpoint but the page for people, each under an id of its own, with its path's parameters", async () => {
  const { paths }: Described = await description();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const answered = exporter().endpoints.map(
    ({ operation: { method, path } }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`,
  );
  expect(described.sort()).toEqual(answered.filter((endpoint) => endpoint !== "get /").sort());
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { path, parameters } of operations) {
    const named = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
    expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  }
});
