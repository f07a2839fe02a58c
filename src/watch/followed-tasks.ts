import type { KnownTask } from "../db/task-reader.ts";
import type { Status } from "../domain/task.ts";

interface Followed<Follower> {
  followers: Set<Follower>;
  /** what all of them were told; undefined: somebody was told nothing yet */
  status: Status | undefined;
}

/** Who follows which task, and what all of a task's followers know. */
export function createFollowedTasks<Follower>() {
  const tasks = new Map<bigint, Followed<Follower>>();
  return {
    get size() {
      return tasks.size;
    },
    ids: () => tasks.keys(),
    has: (taskId: bigint) => tasks.has(taskId),
    add(taskId: bigint, follower: Follower): void {
      const followers = tasks.get(taskId)?.followers ?? new Set();
      tasks.set(taskId, { followers: followers.add(follower), status: undefined });
    },
    remove(taskId: bigint, follower: Follower): void {
      const followers = tasks.get(taskId)?.followers;
      if (followers?.delete(follower) && followers.size === 0) tasks.delete(taskId);
    },
    known: (taskId: bigint): KnownTask => ({ taskId, status: tasks.get(taskId)?.status }),
    /** Notes what the task's followers are told now. @returns them */
    told(taskId: bigint, status: Status | undefined): Iterable<Follower> {
      const followed = tasks.get(taskId);
      if (!followed) return [];
      followed.status = status;
      return followed.followers;
    },
  };
}
