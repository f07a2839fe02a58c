import compression from "compression";
import type { RequestHandler } from "express";
import helmet from "helmet";

const NONE = ["'none'"];

/** Headers that tell browsers to do nothing with an answer but show it. */
const secured = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: NONE, frameAncestors: NONE, baseUri: NONE, formAction: NONE },
  },
  // It would bind every other service of the same host name: whoever wants it says so in --web.config.file.
  strictTransportSecurity: false,
  xFrameOptions: { action: "deny" },
});

// All that we answer is text. What must not be held up, such as a stream, says `no-transform`.
const compressed = compression({ threshold: 1024, filter: () => true });

/** What all answers have in common, whoever gets them. */
export const answerHeaders: readonly RequestHandler[] = [secured, compressed];
