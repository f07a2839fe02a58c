export type Books = "task" | "text";

/** The advisory lock of whoever folds these books, as SQL. */
export function foldLock(what: Books): string {
  return `hashtextextended('tts_monitor.fold_${what}s', 0)`;
}
