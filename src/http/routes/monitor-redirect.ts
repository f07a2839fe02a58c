import { z } from "zod";
import { describe, type Endpoint, raw } from "../operation.ts";

const MONITOR = describe({
  id: "getMonitor",
  method: "get",
  path: "/monitor",
  summary: "To the overview in Grafana, or to the page of links where --grafana.url is not set.",
  contentType: "text/plain; charset=utf-8",
  answers: { 302: z.string() },
});

/** @param grafana URL without a slash at its end */
export function monitorRedirect(grafana: string | undefined): Endpoint {
  const location = grafana === undefined ? "/" : `${grafana}/d/tts-overview`;
  return raw(MONITOR, (_input, response) => {
    response.status(302).location(location).type("text/plain").send(`See ${location}\n`);
  });
}
