import { readFileSync } from "node:fs";

export interface User {
  name: string;
  uid: number;
  gid: number;
}

/** An ordinary user, never root, from /etc/passwd. */
export function findUser(wanted: { name: string } | { id: number }): User | undefined {
  return readUsers().find((user) => ("id" in wanted ? user.uid === wanted.id : user.name === wanted.name));
}

function readUsers(): User[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid >= 0);
}
