import { readFileSync } from "node:fs";

/** The version in package.json, which stands one folder above this file as source and as build. */
export const VERSION = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
