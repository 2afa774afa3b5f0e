import { closeSync, fsync, fsyncSync, openSync, unlinkSync, writeFileSync } from "node:fs";

/**
 * Writes a file that must not exist yet, and syncs it. Never replaces and never follows a link: O_CREAT with O_EXCL.
 * @returns false if something of that name exists.
 * @throws the system's error otherwise; a half-written file is removed.
 */
export function writeExclusive(path: string, text: string, mode = 0o666): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx", mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** Waits until the names in a folder are on the disk as they are now. */
export function syncFolder(path: string): void {
  // Windows opens no folder, and writes names without being asked.
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Waits until what was written to a file is on the disk. */
export function syncFile(path: string): void {
  // Windows syncs only what may be written.
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Has the disk write a file while this thread goes on.
 * @returns what came of it: the system tells an error only once, so that a later sync may know nothing of it
 * @throws the system's error where the file cannot be opened
 */
export function startSync(path: string): Promise<NodeJS.ErrnoException | null> {
  const descriptor = openSync(path, "r+");
  return new Promise((resolve) => {
    fsync(descriptor, (error) => {
      closeSync(descriptor);
      resolve(error);
    });
  });
}
