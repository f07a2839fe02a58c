import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";

/** Chance that a seed decides. */
export interface Random {
  /** a fraction in [0, 1) */
  fraction(): number;
  /** a whole number from `least` to `most`, both included */
  whole(least: number, most: number): number;
  /** @throws where there is none to pick */
  pick<T>(all: readonly T[]): T;
  shuffle<T>(all: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  // Small seeds, and those beside each other, are as good as any: others begin with numbers that are all alike.
  const generator = mersenne(seed);
  const whole = (least: number, most: number) => uniformInt(generator, least, most);
  return {
    fraction: () => uniformFloat64(generator),
    whole,
    pick(all) {
      const [picked] = all.slice(all.length === 0 ? 0 : whole(0, all.length - 1));
      if (picked === undefined) throw new Error("nothing to pick from");
      return picked;
    },
    shuffle(all) {
      const rest = [...all];
      return all.flatMap(() => rest.splice(whole(0, rest.length - 1), 1));
    },
  };
}
