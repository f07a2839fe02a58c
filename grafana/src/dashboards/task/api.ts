import type { PanelBuilder } from "../../panels/panel.ts";
import { text } from "../../panels/text.ts";

// Encoded, whatever stands in the box is a part of the path: it ends neither the command nor its code block.
const ID = "${text_id:percentencode}";
const API = "${exporter}/api";
// A file, so that the token stands neither on this page nor in the shell's history.
const WITH_TOKEN = '-H "Authorization: Bearer $(cat api-token)"';

const INSPECT = `**Inspect** the text whose number is set above; reading needs no token. What it has come to:

\`\`\`sh
curl -sS "${API}/task/status/${ID}"
\`\`\`

Its attempts, the newest first:

\`\`\`sh
curl -sS "${API}/tasks?q=${ID}&limit=20"
\`\`\`

As it happens, until the task ends:

\`\`\`sh
curl -sS -N "${API}/task/stream/${ID}"
\`\`\`
`;

const ACT = `**Try again.** When the cause is gone. 400: the text has a valid audio, or a task of it or its content is still alive; a stuck one must end first.

\`\`\`sh
curl -sS -X POST "${API}/task/retry/${ID}" \\
  ${WITH_TOKEN}
\`\`\`

**Give up.** Ends a running attempt that hangs, whoever runs it; write its number for TASK. It counts as a failure. 409: it has ended already.

\`\`\`sh
curl -sS "${API}/tasks/TASK/fail" \\
  ${WITH_TOKEN} \\
  -H "Content-Type: application/json" \\
  -d '{"reason": "other", "error_message": "given up by hand"}'
\`\`\`

\`api-token\` is a file with one of the tokens of \`--api.token-file\`.
`;

const SIZE = { width: 12, height: 12 };

export function inspect(): PanelBuilder {
  return text({
    ...SIZE,
    title: "Inspect it by the API",
    description:
      "What to ask the exporter about the text above, to copy into a shell. Normal is that it says what this page says. With a login for everything, add one to the commands: see docs/api.md.",
    content: INSPECT,
  });
}

export function act(): PanelBuilder {
  return text({
    ...SIZE,
    title: "Try it again by the API",
    description:
      "How to record a new task for the text above, and how to end one that hangs. Normal is that neither is needed: the sweeper ends what hangs. Look for the cause first: a retry into the same failure only spends from the error budget.",
    content: ACT,
  });
}
