/** A simple command of a shell script, in words: without assignments before it, redirections and quotes. */
export type Words = string[];

/**
 * The simple commands of a script, in their order: what stands between `&&`, `||`, `|`, `;` and the ends of lines. A
 * word keeps its variables as they stand there; what is inside `$(…)` belongs to its word.
 */
export function commandsIn(script: string): Words[] {
  const joined = withoutHereDocuments(script).replaceAll(/\\\n\s*/g, " ");
  return split(joined)
    .map(withoutRedirections)
    .map(withoutKeywords)
    .map((words) => words.slice(words.findIndex((word) => !/^\w+=/.test(word))))
    .filter(([first = ""]) => first !== "" && !/^\w+=/.test(first));
}

/** A loop's or condition's body is a command, its head and end are none. */
function withoutKeywords(words: Words): Words {
  const [first = "", ...rest] = words;
  if (["for", "done", "fi", "esac"].includes(first)) return [];
  return ["if", "while", "until", "do", "then", "else", "!"].includes(first) ? withoutKeywords(rest) : words;
}

const END = Symbol("a command's end");
// A quoted part, a substitution, a comment, an operator, white space, or a character.
const PIECE =
  /'[^']*'|"(?:\\.|[^"\\])*"|\$\([^)]*\)|\\.|(?<=^|\s)#[^\n]*|&&|\|\|?|;|\n|\d?>>?(?:&\d)?|<|[^\S\n]+|./gs;

function split(script: string): Words[] {
  const pieces: (string | typeof END)[] = [];
  let word: string | undefined;
  const flush = (...after: (string | typeof END)[]) => {
    if (word !== undefined) pieces.push(word);
    word = undefined;
    pieces.push(...after);
  };
  for (const [piece] of script.matchAll(PIECE)) {
    if (/^(&&|\|\|?|;|\n)$/.test(piece)) flush(END);
    else if (/^\s+$/.test(piece) || (piece.startsWith("#") && word === undefined)) flush();
    else if (/^(\d?>>?(&\d)?|<)$/.test(piece) && word === undefined) flush(piece);
    else word = (word ?? "") + unquoted(piece);
  }
  flush(END);
  return pieces.reduce<Words[]>(
    (commands, piece) => {
      if (piece === END) commands.push([]);
      else commands.at(-1)?.push(piece);
      return commands;
    },
    [[]],
  );
}

function unquoted(piece: string): string {
  if (/^'.*'$/s.test(piece)) return piece.slice(1, -1);
  if (/^".*"$/s.test(piece)) return piece.slice(1, -1).replaceAll(/\\(["\\$`])/g, "$1");
  return piece.length === 2 && piece.startsWith("\\") ? piece.slice(1) : piece;
}

function withoutRedirections(words: Words): Words {
  return words.filter(
    (word, index) => !/^(\d?>>?|<)(&\d)?$/.test(word) && !/^(\d?>>?|<)$/.test(words[index - 1] ?? ""),
  );
}

function withoutHereDocuments(script: string): string {
  return script.replaceAll(/<<-?\s*(['"]?)(\w+)\1([^\n]*)\n[\s\S]*?\n\s*\2(?=\n|$)/g, "$3");
}
