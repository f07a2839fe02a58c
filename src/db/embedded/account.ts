import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, lchownSync, readdirSync, statSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import { OperationError } from "../../errors.ts";
import { findUser, type User } from "./users.ts";

/** The user whom PostgreSQL's programs run as. */
export interface Account {
  /** Starts a program as this user, in the root directory: our own one may be closed to it. */
  launch(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Makes a file, or a directory and all below it, this user's own. */
  own(path: string): void;
}

const ADVICE = "run tts-monitor as an ordinary user, or set DATABASE_URL";

/**
 * Ourselves, but for root, whom PostgreSQL refuses: root lends it the user who owns the data's directory, else
 * `postgres`, else `nobody`.
 * @throws OperationError where none can do it
 */
export function chooseAccount(dataDir: string, program: string): Account {
  const directory = nearestExisting(dataDir);
  const owner = statSync(directory).uid;
  const ourId = process.getuid?.();
  if (ourId !== 0) {
    if (directory === dataDir && ourId !== undefined && owner !== ourId) {
      throw new OperationError(`the embedded database in ${dataDir} belongs to another user, of id ${owner}`);
    }
    return {
      launch: (file, args, options) => spawn(file, args, { cwd: parse(file).root, ...options }),
      own() {},
    };
  }
  const user = findUser({ id: owner }) ?? findUser({ name: "postgres" }) ?? findUser({ name: "nobody" });
  if (!user) {
    throw new OperationError(
      `PostgreSQL does not run as root, and there is no user postgres or nobody; ${ADVICE}`,
    );
  }
  return { launch: launcherFor(user, [program, directory]), own: (path) => giveTo(user, path) };
}

function launcherFor(user: User, needed: readonly [program: string, directory: string]): Account["launch"] {
  const closed = firstClosed(user, needed);
  if (closed === undefined) {
    const { uid, gid } = user;
    return (file, args, options) => spawn(file, args, { cwd: "/", ...options, uid, gid });
  }
  const [setpriv, ...flags] = passThrough(user);
  if (spawnSync(setpriv, [...flags, needed[0], "--version"], { cwd: "/" }).status !== 0) {
    throw new OperationError(
      `PostgreSQL does not run as root, and its user ${user.name} may not enter ${closed}; ${ADVICE}`,
    );
  }
  return (file, args, options) => spawn(setpriv, [...flags, file, ...args], { cwd: "/", ...options });
}

/** A checkout below /root is closed to every other user: this one capability opens it, and grants nothing else. */
function passThrough({ uid, gid }: User): [string, ...string[]] {
  // access(2), which initdb asks, forgets capabilities unless no_setuid_fixup is set.
  const capabilities = [
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
  ];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...capabilities, "--"];
}

/** The outermost directory (or program) on the way to one of the paths that the user may not enter (or run). */
function firstClosed({ uid, gid }: User, paths: readonly string[]): string | undefined {
  const script = 'for path; do [ -x "$path" ] || { printf %s "$path"; exit; }; done';
  const steps = paths.flatMap(withAncestors);
  const { stdout } = spawnSync("/bin/sh", ["-c", script, "sh", ...steps], { uid, gid, cwd: "/" });
  return stdout.toString() || undefined;
}

function withAncestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...withAncestors(parent), path];
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function giveTo(user: User, path: string): void {
  const stats = statSync(path);
  if (stats.uid === user.uid) return;
  const below = stats.isDirectory() ? readdirSync(path, { recursive: true, encoding: "utf8" }) : [];
  for (const name of ["", ...below]) lchownSync(join(path, name), user.uid, user.gid);
}
