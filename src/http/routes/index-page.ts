import { z } from "zod";
import { describe, type Endpoint, raw } from "../operation.ts";

const INDEX = describe({
  id: "getIndex",
  method: "get",
  path: "/",
  summary: "A page for people: version and links.",
  contentType: "text/html; charset=utf-8",
  answers: { 200: z.string() },
});

/** `GET /`: what this is, and where to go. */
export function indexPage(version: string, links: readonly string[]): Endpoint {
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>tts-monitor</title>
<h1>tts-monitor</h1>
<p>Version ${escaped(version)}</p>
<ul>
${links.map((path) => `<li><a href="${escaped(path)}">${escaped(path)}</a></li>`).join("\n")}
</ul>
</html>
`;
  return raw(INDEX, (_input, response) => {
    response.type("html").send(page);
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
