const EVENTS = new Set(["status", "queued", "started", "completed", "failed", "timeout"]);

/**
 * What is wrong with a live stream, as far as its client has got: undefined where nothing is.
 * @param stream all that has come; an event that is not over yet is let be
 * @param textId the text that was asked for
 */
export function brokenFrame(stream: string, textId: string): string | undefined {
  const whole = stream.split("\n\n").slice(0, -1);
  return whole.find((block) => !isComment(block) && !isEvent(block, textId));
}

/** A sign of life, or when to come again. */
function isComment(block: string): boolean {
  return block === ":" || /^retry: \d+$/.test(block);
}

function isEvent(block: string, textId: string): boolean {
  const [, json = ""] = /^id: [1-9]\d*:[0-3]\ndata: ([^\r\n\u2028\u2029]*)$/.exec(block) ?? [];
  try {
    const data = JSON.parse(json) as Record<string, unknown>;
    return EVENTS.has(String(data["event"])) && String(data["text_id"]) === textId;
  } catch {
    return false;
  }
}
