import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { InvalidInputError } from "../errors.ts";

type Fields = z.ZodObject<z.ZodRawShape>;
const NONE = z.object({});
type Nothing = typeof NONE;

/**
 * One method on one path: what it takes, what it answers. The same schemas validate requests, type the handlers and
 * make /openapi.json; a schema's message completes "<field> …": "limit must be a whole number from 1 to 500".
 */
export interface Operation<
  Params extends Fields = Fields,
  Query extends Fields = Fields,
  Body extends z.ZodType = z.ZodType,
  Answers extends Record<number, z.ZodType> = Record<number, z.ZodType>,
> {
  /** for generated clients: `getTaskStatus` */
  id: string;
  method: "get" | "post";
  /** as Express writes it: `/api/task/status/:text_id` */
  path: string;
  summary: string;
  /** wants a bearer token of `--api.token-file` */
  token: boolean;
  params: Params;
  query: Query;
  /** undefined: no body is read */
  body: Body | undefined;
  /** what it answers where all goes well, by status */
  answers: Answers;
  /** of these answers; JSON where nothing is said */
  contentType: string;
  /** the statuses of the errors that it answers besides those that every request may get */
  errors: readonly number[];
}

type Given<O extends Operation> = Pick<O, "id" | "method" | "path" | "summary" | "answers"> & Partial<O>;

/** An operation, with what most of them have in common filled in. */
export function describe<
  Answers extends Record<number, z.ZodType>,
  Params extends Fields = Nothing,
  Query extends Fields = Nothing,
  Body extends z.ZodType = z.ZodUndefined,
>(given: Given<Operation<Params, Query, Body, Answers>>): Operation<Params, Query, Body, Answers> {
  return {
    token: false,
    params: NONE as unknown as Params,
    query: NONE as unknown as Query,
    body: undefined,
    contentType: "application/json",
    errors: [],
    ...given,
  };
}

/** An operation, and what answers it. */
export interface Endpoint {
  operation: Operation;
  handler: RequestHandler;
}

interface Input<O extends Operation> {
  params: z.output<O["params"]>;
  query: z.output<O["query"]>;
  body: z.output<NonNullable<O["body"]>>;
  request: Request;
}

/** One answer under its status, as the operation's description has it: `{ 200: body }`. */
type Reply<O extends Operation> = {
  [Status in keyof O["answers"]]: Record<Status, z.input<O["answers"][Status]>>;
}[keyof O["answers"]];

/** An endpoint that answers JSON. What the work throws becomes the answer in `errorHandler`. */
export function json<O extends Operation>(
  operation: O,
  work: (input: Input<O>) => Promise<Reply<O>>,
): Endpoint {
  return raw(operation, async (input, response) => {
    for (const [status, body] of Object.entries(await work(input))) {
      response.status(Number(status)).json(body);
    }
  });
}

/** An endpoint that writes its own answer. */
export function raw<O extends Operation>(
  operation: O,
  work: (input: Input<O>, response: Response) => void | Promise<void>,
): Endpoint {
  return {
    operation: operation as unknown as Operation,
    async handler(request, response) {
      const input = {
        params: parsed(operation.params, request.params),
        query: parsed(operation.query, request.query),
        body: operation.body && parsed(operation.body, request.body ?? {}),
        request,
      };
      await work(input as Input<O>, response);
    },
  };
}

/** @throws InvalidInputError that names the field */
function parsed(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") || "the body";
  throw new InvalidInputError(`${field} ${issue?.message ?? "is not valid"}`);
}
