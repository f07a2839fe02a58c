import { createHmac, randomBytes } from "node:crypto";
import { compare as compareBcrypt } from "bcryptjs";
import pLimit from "p-limit";

export interface Credentials {
  user: string;
  password: string;
}

export interface Login {
  /** whether one has to log in at all */
  needed: boolean;
  /**
   * Whether the credentials are right.
   * @param begin is called before a password is computed with; what it throws ends the check, what it returns is called
   *   where the credentials are right
   */
  check(credentials: Credentials, begin: () => Promise<() => Promise<void>>): Promise<boolean>;
}

// bcrypt reads 72 bytes, so that one right password has any number of longer spellings.
const REMEMBERED = 1000;
// Computed on the main thread, in slices: several at once would hold up everything else.
const AT_ONCE = 1;
// No password is known that has this hash: it is only as expensive as a true one.
const NOBODY = (cost: string) => `$2b$${cost}$${"x".repeat(21)}u${"x".repeat(30)}u`;

/**
 * Verifies each right password once, and remembers it. Nothing tells an unknown user from a known one: the work is the
 * same.
 * @param hashes bcrypt's, by user
 */
export function createLogin(
  hashes: ReadonlyMap<string, string>,
  compare: (password: string, hash: string) => Promise<boolean> = compareBcrypt,
): Login {
  const key = randomBytes(32);
  const right = new Set<string>();
  const underWay = new Map<string, Promise<boolean>>();
  const queue = pLimit(AT_ONCE);
  const nobody = NOBODY([...hashes.values()].map(costOf).sort().at(-1) ?? "10");
  const isRight = async ({ user, password }: Credentials) => {
    const same = await queue(() => compare(password, hashes.get(user) ?? nobody));
    return same && hashes.has(user);
  };
  const remember = (mark: string) => {
    if (right.size >= REMEMBERED) right.clear();
    right.add(mark);
  };
  return {
    needed: hashes.size > 0,
    async check(credentials, begin) {
      const { user, password } = credentials;
      const mark = createHmac("sha256", key)
        .update(JSON.stringify([user, password]))
        .digest("base64");
      if (right.has(mark)) return true;
      const verify = async () => {
        const forgive = await begin();
        if (!(await isRight(credentials))) return false;
        remember(mark);
        await forgive();
        return true;
      };
      const result = underWay.get(mark) ?? verify().finally(() => underWay.delete(mark));
      underWay.set(mark, result);
      return await result;
    },
  };
}

/** Two digits. */
const costOf = (hash: string) => hash.slice(4, 6);
