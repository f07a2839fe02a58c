import { createHmac, randomBytes } from "node:crypto";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { TooManyAttemptsError } from "../../errors.ts";

const FAILURES = 10;
const PER_SECONDS = 60;

/** Wrong credentials, counted by the address that they come from. */
export interface Failures {
  /** @throws TooManyAttemptsError where the address has used up its failures */
  refuseWhereBlocked(address: string | undefined): Promise<void>;
  /**
   * Counts an attempt as a failure before it is known to be one, so that guesses made at once are counted as well.
   * @returns takes it back
   * @throws TooManyAttemptsError where the address has used up its failures
   */
  count(address: string | undefined): Promise<() => Promise<void>>;
}

/** At most ten failures a minute from one network. */
export function createFailures(): Failures {
  const limiter = new RateLimiterMemory({ points: FAILURES, duration: PER_SECONDS });
  const secret = randomBytes(32);
  // One of 65,536 marks for each network: memory stays bounded whoever comes, and nobody can choose whose mark to share.
  const keyOf = (address: string | undefined) =>
    createHmac("sha256", secret)
      .update(network(address ?? ""))
      .digest("hex")
      .slice(0, 4);
  return {
    async refuseWhereBlocked(address) {
      const state = await limiter.get(keyOf(address));
      if (state && state.consumedPoints >= FAILURES) throw tooMany(state);
    },
    async count(address) {
      const key = keyOf(address);
      try {
        await limiter.consume(key);
      } catch (state) {
        throw tooMany(state as RateLimiterRes);
      }
      return async () => void (await limiter.reward(key));
    },
  };
}

function tooMany({ msBeforeNext }: RateLimiterRes): TooManyAttemptsError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new TooManyAttemptsError("too many wrong credentials from this address", seconds);
}

/** An IPv4 address, also one mapped into IPv6; of an IPv6 address the first 64 bits, of which one customer has all. */
export function network(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address.replace(/^.*:/, "");
  const [head = "", tail = ""] = address.replace(/%.*$/, "").split("::");
  const [first, last] = [head, tail].map((part) => (part === "" ? [] : part.split(":"))) as [
    string[],
    string[],
  ];
  const gap = address.includes("::") ? Array<string>(8 - first.length - last.length).fill("0") : [];
  return [...first, ...gap, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
