import { statfsSync, statSync } from "node:fs";

/** File system types as statfs(2) numbers them; on these, locks of one machine are not seen by another, or not at all. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
]);

/** What is worth knowing of a database file before a run writes to it, in words; most have nothing. */
export function oddities(path: string): string[] {
  const found: string[] = [];
  const links = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1;
  // https://sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file
  if (links > 1)
    found.push(
      `the file has ${links} names (hard links): who opens it by another one does not find its journal`,
    );
  const network = networkFileSystem(statfsSync(path).type);
  // https://sqlite.org/howtocorrupt.html#_filesystems_with_broken_or_missing_lock_implementations
  if (network !== null)
    found.push(`the file is on a network (${network}), where SQLite's locks often do not hold`);
  return found;
}

/** The name of a network file system; null for any other type. */
export function networkFileSystem(type: number): string | null {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0) ?? null;
}
