import { ANSWERS } from "./answers.ts";
import { BETWEEN_SCRAPES } from "./between.ts";
import type { Mutant } from "./mutant.ts";
import { IN_ONE_SCRAPE } from "./one-scrape.ts";
import { ROWS } from "./rows.ts";
import { OF_THE_RUN } from "./run.ts";

/** All of them: each is a bug that a checker must not miss. */
export const mutants: readonly Mutant[] = [
  ...IN_ONE_SCRAPE,
  ...ANSWERS,
  ...BETWEEN_SCRAPES,
  ...ROWS,
  ...OF_THE_RUN,
];
