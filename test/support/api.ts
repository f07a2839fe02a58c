import type { Express } from "express";
import request, { type Test } from "supertest";

/** Of the token file that the test exporters have. */
export const TOKEN = "test-token";

export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

/** POSTs JSON, with the token. */
export function post(app: Express, path: string, body?: object): Test {
  return request(app).post(path).set(AUTHORIZED).send(body);
}
