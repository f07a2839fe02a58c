import { afterEach, expect, test, vi } from "vitest";
import { findBinaries } from "../../src/db/embedded/binaries.ts";
import { copyPackage, query, useEmbeddedBench } from "../support/embedded.ts";

const bench = useEmbeddedBench();
afterEach(() => {
  vi.restoreAllMocks();
});

test("a package without its symlinks and executable bits is mended", async () => {
  const binaries = await findBinaries(copyPackage(bench.folder()));
  const server = await bench.start({ binaries });
  expect(await query(server.url, "select 1 as alive")).toEqual([{ alive: 1 }]);
});

test("where npm installed no package for this platform, the message says what to set", async () => {
  vi.spyOn(process, "arch", "get").mockReturnValue("mips");
  await expect(findBinaries()).rejects.toThrow(
    "embedded PostgreSQL is not installed for this platform; set DATABASE_URL or --database.url",
  );
});
