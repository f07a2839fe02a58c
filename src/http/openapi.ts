import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { errorAnswer } from "./fields.ts";
import { describe, type Endpoint, json, type Operation } from "./operation.ts";

const OPENAPI = describe({
  id: "getOpenApi",
  method: "get",
  path: "/openapi.json",
  summary: "This description.",
  answers: { 200: z.record(z.string(), z.unknown()) },
});

/** `GET /openapi.json`: the endpoints in OpenAPI 3.1, from the schemas that validate them. */
export function openApi(endpoints: readonly Endpoint[], version: string): Endpoint {
  const document = openApiDocument([...endpoints.map(({ operation }) => operation), OPENAPI], version);
  return json(OPENAPI, async () => ({ 200: document }));
}

const SECURITY = {
  token: { type: "http", scheme: "bearer", description: "one of --api.token-file" },
  login: { type: "http", scheme: "basic", description: "where --web.config.file has basic_auth_users" },
};

/** https://spec.openapis.org/oas/v3.1.1, whose schemas are JSON Schema 2020-12. */
function openApiDocument(operations: readonly Operation[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: "3.1.1",
    info: { title: "tts-monitor", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    paths,
    components: { schemas: { Error: schemaOf(errorAnswer, "output") }, securitySchemes: SECURITY },
  };
}

function describeOperation(operation: Operation): Record<string, unknown> {
  const { id, summary, token, params, query, body, answers } = operation;
  return {
    operationId: id,
    summary,
    security: token ? [{ token: [] }] : [{}, { login: [] }],
    parameters: [...parameters(params, "path"), ...parameters(query, "query")],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } },
    }),
    responses: Object.fromEntries([
      ...Object.entries(answers).map(([status, schema]) => [
        status,
        answer(status, operation.contentType, schemaOf(schema, "output")),
      ]),
      ...errorsOf(operation).map((status) => [status, answer(status, "application/json", ERROR)]),
    ]),
  };
}

const ERROR = { $ref: "#/components/schemas/Error" };

function answer(status: string | number, contentType: string, schema: object) {
  return { description: STATUS_CODES[status] ?? "", content: { [contentType]: { schema } } };
}

function errorsOf({ token, params, query, body, errors: further }: Operation): number[] {
  const takesInput = body !== undefined || [params, query].some(({ shape }) => Object.keys(shape).length > 0);
  const errors = new Set(further);
  if (takesInput) errors.add(400);
  if (body) for (const status of [413, 415]) errors.add(status);
  if (token) for (const status of [401, 403, 429]) errors.add(status);
  return [...errors].sort((a, b) => a - b);
}

function parameters(fields: Operation["params"], where: "path" | "query"): unknown[] {
  return Object.entries(fields.shape).map(([name, field]) => ({
    name,
    in: where,
    required: where === "path" || !z.safeParse(field as z.ZodType, undefined).success,
    schema: schemaOf(field as z.ZodType, "input"),
  }));
}

/** A transform's own result has no schema: what goes into it has. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
