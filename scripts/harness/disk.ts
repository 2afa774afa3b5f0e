import { basename } from "node:path";
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

interface EntryChange {
  readonly name: string;
  readonly file: DiskFile | null;
}

/** How much of what was not synced a power cut leaves. */
export type Cut = "all lost" | "all kept" | "some";

/** The files of one folder: names, contents. */
export type Files = ReadonlyMap<string, Buffer>;

/** A folder on a disk with a cache: what is not synced may be lost, in any part, and so may names. */
export class Disk {
  private readonly folder: string;
  private readonly byInode = new Map<string, DiskFile>();
  private readonly entries = new Map<string, DiskFile>();
  private readonly durableEntries: Map<string, DiskFile>;
  private pendingEntries: EntryChange[] = [];

  constructor(folder: string, files: ReadonlyMap<string, { inode: string; data: Buffer }>) {
    this.folder = folder;
    for (const [name, { inode, data }] of files) {
      const file = { durable: data, pending: [] };
      this.byInode.set(inode, file);
      this.entries.set(name, file);
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
        return call.path === this.folder ? this.syncEntries() : syncFile(this.fileOf(call.inode));
      case "create":
        return this.create(call.inode, basename(call.path));
      case "unlink":
        return this.enter(basename(call.path), null);
      case "rename": {
        const file = this.entries.get(basename(call.path)) ?? null;
        this.enter(basename(call.path), null);
        return this.enter(basename(call.to), file);
      }
    }
  }

  /** Whether a power cut would take nothing. */
  get isClean(): boolean {
    const files = new Set([...this.entries.values(), ...this.durableEntries.values()]);
    return this.pendingEntries.length === 0 && [...files].every(({ pending }) => pending.length === 0);
  }

  /** The files as a power cut would leave them now. */
  cut(how: Cut, random: Random): Files {
    const entries = new Map(this.durableEntries);
    for (const { name, file } of this.keptEntries(how, random)) {
      if (file === null) entries.delete(name);
      else entries.set(name, file);
    }
    return new Map([...entries].map(([name, file]) => [name, cutFile(file, how, random)]));
  }

  /** A number may be used again for a new file once the old one is gone. */
  private create(inode: string, name: string): void {
    const file = { durable: Buffer.alloc(0), pending: [] };
    this.byInode.set(inode, file);
    this.enter(name, file);
  }

  private enter(name: string, file: DiskFile | null): void {
    if (file === null) this.entries.delete(name);
    else this.entries.set(name, file);
    this.pendingEntries.push({ name, file });
  }

  private syncEntries(): void {
    this.durableEntries.clear();
    for (const [name, file] of this.entries) this.durableEntries.set(name, file);
    this.pendingEntries = [];
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

  private fileOf(inode: string): DiskFile {
    const file = this.byInode.get(inode);
    if (file === undefined) throw new Error(`a call on a file that the log does not know: ${inode}`);
    return file;
  }
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
