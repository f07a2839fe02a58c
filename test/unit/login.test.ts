import { compareSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { network } from "../../src/http/access/failures.ts";
import { createLogin } from "../../src/http/access/login.ts";
import { HASH } from "../support/web-config.ts";

describe("a network, whose failures count together", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ])("of %j is %j", (address, expected) => {
    expect(network(address)).toBe(expected);
  });
});

describe("logging in", () => {
  const users = new Map([
    ["cheap", HASH],
    ["dear", HASH.replace("$04$", "$11$")],
  ]);
  const free = async () => async () => {};
  const counted = (answer: boolean) => {
    const calls: string[] = [];
    const compare = async (_password: unknown, hash: unknown) => {
      calls.push(String(hash));
      return answer;
    };
    return { calls, login: createLogin(users, compare) };
  };

  it("costs an unknown user as much as the dearest known one, and never lets him in", async () => {
    const { calls, login } = counted(true);
    expect(await login.check({ user: "nobody", password: "x" }, free)).toBe(false);
    expect(calls).toEqual([expect.stringMatching(/^\$2b\$11\$[./A-Za-z0-9]{53}$/)]);
    // It is computed with like any other, so it costs what its cost says.
    expect(compareSync("x", String(calls[0]).replace("$11$", "$04$"))).toBe(false);
  });

  it("computes once for a thousand right logins at once, and never again", async () => {
    const { calls, login } = counted(true);
    let begun = 0;
    let forgiven = 0;
    const begin = async () => {
      begun++;
      return async () => void forgiven++;
    };
    const check = () => login.check({ user: "cheap", password: "secret" }, begin);
    expect(new Set(await Promise.all(Array.from({ length: 1000 }, check)))).toEqual(new Set([true]));
    expect(await check()).toBe(true);
    expect([calls.length, begun, forgiven]).toEqual([1, 1, 1]);
  });

  it("computes for a wrong login each time, and forgives nothing", async () => {
    const { calls, login } = counted(false);
    const begin = async () => async () => expect.fail("forgiven");
    for (let time = 0; time < 3; time++) {
      expect(await login.check({ user: "cheap", password: "wrong" }, begin)).toBe(false);
    }
    expect(calls).toEqual([HASH, HASH, HASH]);
  });

  it("does not take one user's password for another's", async () => {
    const { calls, login } = counted(true);
    await login.check({ user: "cheap", password: 'x","y' }, free);
    await login.check({ user: 'cheap","x', password: "y" }, free);
    expect(calls.length).toBe(2);
  });

  it("ends before it computes where it may not begin", async () => {
    const { calls, login } = counted(true);
    const begin = async () => Promise.reject(new Error("blocked"));
    await expect(login.check({ user: "cheap", password: "x" }, begin)).rejects.toThrow("blocked");
    expect(calls).toEqual([]);
  });
});
