import type { Answer, Order } from "../worker-process.ts";
import type { Program } from "./program.ts";

export interface Talk {
  /** Has the worker speak a text, and resolves with what it says of it; rejects where it ends before. */
  speak(text: { textId: string; content: string }): Promise<Answer>;
}

/** A load balancer would send requests over HTTP; this run does over IPC. */
export function talkTo({ child, ended }: Program): Talk {
  const open = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let questions = 0;
  child.on("message", (answer: Answer) => {
    open.get(answer.question)?.resolve(answer);
    open.delete(answer.question);
  });
  void ended.then(() => {
    for (const { reject } of open.values()) reject(new Error("the worker has ended"));
    open.clear();
  });
  return {
    speak(text) {
      const question = ++questions;
      return new Promise((resolve, reject) => {
        open.set(question, { resolve, reject });
        const failed = (error: Error | null) => {
          if (error) reject(error);
        };
        if (child.connected) child.send({ question, ...text } satisfies Order, failed);
        else reject(new Error("the worker has ended"));
      });
    },
  };
}
