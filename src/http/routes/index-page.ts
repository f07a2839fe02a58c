import { z } from "zod";
import { describe, type Endpoint, type Operation, raw } from "../operation.ts";

const INDEX = describe({
  id: "getIndex",
  method: "get",
  path: "/",
  summary: "This page.",
  contentType: "text/html; charset=utf-8",
  answers: { 200: z.string() },
});

/** `GET /`: what this is, and where to go. */
export function indexPage(version: string, operations: readonly Operation[]): Endpoint {
  const links = operations.filter(({ method, path }) => method === "get" && !path.includes(":"));
  const others = operations.filter((operation) => !links.includes(operation));
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tts-monitor</title>
</head>
<body>
<h1>tts-monitor</h1>
<p>Version ${escaped(version)}. Exact monitoring of text-to-speech tasks.</p>
<dl>
${links.map(({ path, summary }) => entry(`<a href="${escaped(path)}">${escaped(path)}</a>`, summary)).join("\n")}
</dl>
<h2>For programs</h2>
<dl>
${others.map(({ method, path, summary }) => entry(`${method.toUpperCase()} ${escaped(path)}`, summary)).join("\n")}
</dl>
</body>
</html>
`;
  return raw(INDEX, (_input, response) => {
    response.type("html").send(page);
  });
}

function entry(what: string, summary: string): string {
  return `<dt>${what}</dt>\n<dd>${escaped(summary)}</dd>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
