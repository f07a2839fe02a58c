import { runDemo } from "../demo/supervisor.ts";
import type { Command } from "./command.ts";

export const demoCommand: Command<"demo"> = {
  name: "demo",
  summary: "a small TTS service with its monitoring, faults included, on this machine",
  async run(config, io) {
    await runDemo(config, { print: io.print, stop: io.stopSignal() });
    return 0;
  },
};
