import type { RequestHandler } from "express";

/** `GET /`: what this is, and where to go. */
export function indexPage(version: string, telemetryPath: string): RequestHandler {
  const links = [telemetryPath, "/-/healthy", "/-/ready", "/sd/workers", "/api/monitor/stats"];
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
  return (_request, response) => {
    response.type("html").send(page);
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
