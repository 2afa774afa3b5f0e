import type { Call } from "./call-log.ts";
import type { Random } from "./random.ts";

/** What a disk writes whole or not at all. */
const SECTOR = 512;

type Change = { readonly offset: number; readonly data: Buffer } | { readonly size: number };

interface DiskFile {
  /** What a power cut cannot take. */
  durable: Buffer;
  /** Since the last sync of the file. */
  pending: Change[];
}

const FOLDER = "folder";

/** What stands under a name. */
type Entry = DiskFile | typeof FOLDER;

interface EntryChange {
  readonly name: string;
  /** Null where the name is taken away. */
  readonly entry: Entry | null;
}

/** How much of what was not synced a power cut leaves. */
export type Cut = "all lost" | "all kept" | "some";

/** Contents by name, `folder/file` in a folder within; a folder has none. */
export type Files = ReadonlyMap<string, Buffer | null>;

/** A folder on a disk with a cache: what is not synced may be lost, in any part, and so may names, also those of the folders within. */
export class Disk {
  private readonly root: string;
  private readonly byInode = new Map<string, DiskFile>();
  private readonly entries = new Map<string, Entry>();
  private readonly durableEntries: Map<string, Entry>;
  private pendingEntries: EntryChange[] = [];

  /** @param files what is there and synced */
  constructor(root: string, files: ReadonlyMap<string, { inode: string; data: Buffer | null }>) {
    this.root = root;
    for (const [name, { inode, data }] of files) {
      const entry = data === null ? FOLDER : { durable: data, pending: [] };
      if (entry !== FOLDER) this.byInode.set(inode, entry);
      this.entries.set(name, entry);
    }
    this.durableEntries = new Map(this.entries);
  }

  apply(call: Call): void {
    switch (call.kind) {
      case "write":
        return void this.fileOf(call.inode).pending.push({ offset: call.offset, data: call.data });
      case "truncate":
        return void this.fileOf(call.inode).pending.push({ size: call.size });
      case "sync":
        return this.isFolder(call.path)
          ? this.syncEntries(this.nameOf(call.path))
          : syncFile(this.fileOf(call.inode));
      case "create":
        return this.create(call.inode, this.nameOf(call.path));
      case "mkdir":
        return this.enter(this.nameOf(call.path), FOLDER);
      case "unlink":
        return this.enter(this.nameOf(call.path), null);
      case "link":
        return this.enter(this.nameOf(call.to), this.entryOf(call.path));
      case "rename": {
        const entry = this.entryOf(call.path);
        this.enter(this.nameOf(call.path), null);
        return this.enter(this.nameOf(call.to), entry);
      }
    }
  }

  /** Whether a power cut would take nothing of what has such a name. */
  isClean(concerns: (name: string) => boolean = () => true): boolean {
    if (this.pendingEntries.some(({ name }) => concerns(name))) return false;
    return [...this.entries, ...this.durableEntries].every(
      ([name, entry]) => entry === FOLDER || entry.pending.length === 0 || !concerns(name),
    );
  }

  /** The files as a power cut would leave them now. */
  cut(how: Cut, random: Random): Files {
    const entries = new Map(this.durableEntries);
    for (const { name, entry } of this.keptEntries(how, random)) {
      if (entry === null) entries.delete(name);
      else entries.set(name, entry);
    }
    const files = new Map<string, Buffer | null>();
    // A file that has two names is one.
    const contents = new Map<DiskFile, Buffer>();
    for (const [name, entry] of entries) {
      // What is in a folder is lost with it.
      if (!foldersOf(name).every((folder) => entries.get(folder) === FOLDER)) continue;
      if (entry !== FOLDER && !contents.has(entry)) contents.set(entry, cutFile(entry, how, random));
      files.set(name, entry === FOLDER ? null : contents.get(entry)!);
    }
    return files;
  }

  /** A number may be used again for a new file once the old one is gone. */
  private create(inode: string, name: string): void {
    const file = { durable: Buffer.alloc(0), pending: [] };
    this.byInode.set(inode, file);
    this.enter(name, file);
  }

  private enter(name: string, entry: Entry | null): void {
    if (entry === null) this.entries.delete(name);
    else this.entries.set(name, entry);
    this.pendingEntries.push({ name, entry });
  }

  private syncEntries(folder: string): void {
    const isInside = (name: string) => (foldersOf(name).at(-1) ?? "") === folder;
    for (const { name, entry } of this.pendingEntries.filter((change) => isInside(change.name))) {
      if (entry === null) this.durableEntries.delete(name);
      else this.durableEntries.set(name, entry);
    }
    this.pendingEntries = this.pendingEntries.filter(({ name }) => !isInside(name));
  }

  /** For each name, the changes are kept up to one of them. */
  private keptEntries(how: Cut, random: Random): EntryChange[] {
    if (how === "all lost") return [];
    if (how === "all kept") return this.pendingEntries;
    const names = new Set(this.pendingEntries.map(({ name }) => name));
    return [...names].flatMap((name) => {
      const changes = this.pendingEntries.filter((change) => change.name === name);
      return changes.slice(0, random.below(changes.length + 1));
    });
  }

  private isFolder(path: string): boolean {
    return path === this.root || this.entries.get(this.nameOf(path)) === FOLDER;
  }

  private nameOf(path: string): string {
    return path.slice(this.root.length + 1);
  }

  private entryOf(path: string): Entry {
    const entry = this.entries.get(this.nameOf(path));
    if (entry === undefined) throw new Error(`a call on a name that the log does not know: ${path}`);
    return entry;
  }

  private fileOf(inode: string): DiskFile {
    const file = this.byInode.get(inode);
    if (file === undefined) throw new Error(`a call on a file that the log does not know: ${inode}`);
    return file;
  }
}

/** `a`, `a/b` for `a/b/c`. */
function foldersOf(name: string): string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function syncFile(file: DiskFile): void {
  file.durable = applied(file.durable, file.pending);
  file.pending = [];
}

function cutFile({ durable, pending }: DiskFile, how: Cut, random: Random): Buffer {
  if (how === "all lost") return durable;
  if (how === "all kept") return applied(durable, pending);
  const odds = random.fraction();
  const leavesGarbage = random.chance(0.25);
  const kept = pending.flatMap((change): Change[] => {
    if ("size" in change) return random.chance(odds) ? [change] : [];
    return sectorsOf(change.offset, change.data).flatMap((sector) => {
      if (random.chance(odds)) return [sector];
      // A file may have grown before the data came: what stands there is anything.
      const isNew = leavesGarbage && sector.offset >= durable.length && random.chance(0.5);
      return isNew ? [{ offset: sector.offset, data: garbage(sector.data.length, random) }] : [];
    });
  });
  return applied(durable, kept);
}

function garbage(size: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: size }, () => random.below(256)));
}

function sectorsOf(offset: number, data: Buffer): { offset: number; data: Buffer }[] {
  const sectors: { offset: number; data: Buffer }[] = [];
  for (let at = 0; at < data.length; ) {
    const size = Math.min(data.length - at, SECTOR - ((offset + at) % SECTOR));
    sectors.push({ offset: offset + at, data: data.subarray(at, at + size) });
    at += size;
  }
  return sectors;
}

/** In a new buffer: durable ones are shared between states. */
function applied(durable: Buffer, changes: readonly Change[]): Buffer {
  const ends = changes.map((change) => ("size" in change ? change.size : change.offset + change.data.length));
  const bytes = Buffer.alloc(Math.max(durable.length, ...ends));
  durable.copy(bytes);
  let size = durable.length;
  for (const change of changes) {
    if ("size" in change) {
      size = change.size;
      bytes.fill(0, size);
    } else {
      change.data.copy(bytes, change.offset);
      size = Math.max(size, change.offset + change.data.length);
    }
  }
  return bytes.subarray(0, size);
}
