import { spawn } from "node:child_process";

// Runs a program that is not ours, such as Prometheus, and ends it with the supervisor: argv is its command line.
const PATIENCE_MS = 5000;

const [program = "", ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
child.once("error", () => process.exit(1));
child.once("exit", (code) => process.exit(code ?? 1));
process.once("SIGTERM", () => {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS).unref();
});
