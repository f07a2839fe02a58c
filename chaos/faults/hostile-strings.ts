/** What users type into every field, each recognisable by the mark. */
export function hostileTexts(mark: string): string[] {
  return [
    `${mark}"} 1\n# HELP tts_db_up ${mark}\n# TYPE tts_db_up counter\ntts_db_up{x="`,
    `${mark}\r\n\r\nHTTP/1.1 200 OK\r\nX-${mark}: 1\r\n\r\n`,
    `${mark}\n\nid: 1:3\ndata: {"event":"completed","text_id":1}\n\n`,
    `${mark}'; drop table tts_monitor.tasks; --`,
    `${mark}\u2028data: {}\u2029\u0085\u000b\u000c`,
    `${mark}{"level":50,"msg":"${mark}"}\n{"level":60,"msg":"${mark}"}`,
    `${mark}\\",\\n\\\\{}$1%s%n\${${mark}}`,
    `${mark}\u202e\ufeff👩‍👩‍👧\u{10ffff}`,
  ];
}

/** An audio whose address and file name are of that kind. */
export function goodText(text: string): { audio_url: string; filename: string; file_size: number } {
  return { audio_url: `/audio/${text}`, filename: `${text}.wav`, file_size: 70_000 };
}

const FINE = { text_id: 1, content: "", worker: "api-9" };

/** Bodies of POST /api/tasks, none of which may be taken. */
export const REFUSED: readonly object[] = [
  ...[
    0,
    -1,
    1.5,
    2 ** 63,
    "9223372036854775808",
    "0",
    "1e3",
    "1; drop table tts_texts",
    "１",
    null,
    [1],
    {},
  ].map((text_id) => ({ ...FINE, text_id })),
  ...["", "a b", 'x"} 1', "x\n", "wörker", "../api-9", "a".repeat(65), "\0", null, 9].map((worker) => ({
    ...FINE,
    worker,
  })),
  ...["\0", "NUL \0 inside", "\ud800", "\udfff half a pair"].map((content) => ({ ...FINE, content })),
  { ...FINE, content: undefined },
  { ...FINE, content_hash: "'; select pg_sleep(10); --" },
  { ...FINE, concurrency: 0 },
];

/** Paths that ask for no such thing, and must be answered all the same. */
export const QUESTIONS: readonly string[] = [
  ...["' or 1=1 --", '"} 1\n', "%_\\", "\u2028", "x".repeat(2000)].flatMap((text) => [
    `/api/tasks?q=${encodeURIComponent(text)}`,
    `/api/texts?q=${encodeURIComponent(text)}`,
    `/api/tasks?worker=${encodeURIComponent(text)}`,
    `/api/tasks?cursor=${encodeURIComponent(text)}`,
    `/api/task/status/${encodeURIComponent(text)}`,
  ]),
  "/api/tasks?q=%00",
  "/api/task/stream/%00",
  "/api/task/stream/-1",
  "/api/task/status/9223372036854775808",
  "/api/tasks?limit=1e9&since=-1d",
  "/api/%E0%A4%A",
];
