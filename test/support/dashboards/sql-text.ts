interface Relation {
  name: string;
  /** what stands behind it in its own SELECT, where its conditions are; without SELECTs inside */
  scope: string;
}

const FROM = /\b(?:from|join)\s+(?!lateral\b)([a-z_][\w.]*)(?![\w.]|\s*\()/gi;
const NAMED = /\b(\w+)(?:\s*\([^)]*\))?\s+as\s+(?:not\s+)?(?:materialized\s+)?\(/gi;
/** `from` that names no relation. */
const OTHER_FROM = /\bextract\s*\(\s*\w+\s+from\b|\bdistinct\s+from\b/gi;
const INNERMOST = /\(([^()]*)\)/g;

/** What is read behind `from` and `join`, without the names that a WITH gives. */
export function relationsIn(sql: string): Relation[] {
  const text = sql.replaceAll(/--.*$/gm, "").replaceAll(OTHER_FROM, "(");
  const named = [...text.matchAll(NAMED)].map(([, name]) => name);
  return [...text.matchAll(FROM)]
    .map(({ 0: match, 1: name = "", index }) => ({
      name,
      scope: scopeFrom(text.slice(index + match.length)),
    }))
    .filter(({ name }) => !named.includes(name));
}

/** Without comments, and with empty literals and names. */
export function withoutLiterals(sql: string): string {
  return sql
    .replaceAll(/--.*$/gm, "")
    .replaceAll(/'[^']*'/g, "''")
    .replaceAll(/"[^"]*"/g, '""');
}

/** Without the conditions in brackets of which only one of several need hold. */
export function withoutAlternatives(sql: string): string {
  return withoutGroups(sql, /\bor\b/i);
}

/** To the end of the SELECT. */
function scopeFrom(text: string): string {
  let depth = 0;
  const end = [...text].findIndex((character) => {
    depth += character === "(" ? 1 : character === ")" ? -1 : 0;
    return depth < 0;
  });
  const inside = withoutGroups(end < 0 ? text : text.slice(0, end), /\bselect\b/i);
  return inside.split(/\bunion\b/i)[0] ?? "";
}

/** Without the innermost brackets that hold the word, and with what is outside of them. */
function withoutGroups(text: string, word: RegExp): string {
  const [open, close] = ["\u0001", "\u0002"];
  let rest = text;
  while (INNERMOST.test(rest)) {
    INNERMOST.lastIndex = 0;
    rest = rest.replaceAll(INNERMOST, (_, inner) => (word.test(inner) ? " " : open + inner + close));
  }
  return rest.replaceAll(open, "(").replaceAll(close, ")");
}
