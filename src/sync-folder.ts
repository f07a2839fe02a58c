import { open } from "node:fs/promises";

/** Puts a folder's list of names on disk: without it a new file's name may be lost with the power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
