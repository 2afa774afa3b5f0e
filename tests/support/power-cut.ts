import { rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { CliProject } from "./cli-project.ts";
import { runTraced } from "./strace.ts";

/** A call of a run that changes a file, or makes changes safe from a power cut. */
export type DiskCall =
  | { readonly kind: "create" | "unlink" | "sync"; readonly name: string }
  | { readonly kind: "write"; readonly name: string; readonly bytes: Buffer; readonly offset: number }
  | { readonly kind: "truncate"; readonly name: string; readonly length: number };

const CALLS = "trace=openat,pwrite64,ftruncate,unlink,fsync,fdatasync";

/** Runs the executable and records what it does to the disk. The folder itself is named `.`. */
export async function recordRun(project: CliProject, ...args: readonly string[]): Promise<DiskCall[]> {
  const options = ["-P", project.cwd, "-y", "-xx", "-s", "70000", "-e", CALLS];
  const { trace, exitCode } = await runTraced(project, options, ...args);
  if (exitCode !== 0) throw new Error(`the run failed: ${trace.slice(0, 2000)}`);
  return trace.split("\n").flatMap((line) => callIn(line, project.cwd) ?? []);
}

function callIn(line: string, folder: string): DiskCall | null {
  const call = /(\w+)\((.*)\) += (\d+)/.exec(line);
  if (call === null) return null;
  const [, kind, words] = call as unknown as [string, string, string];
  const strings = [...words.matchAll(/[<"]((?:\\x[0-9a-f]{2})*)[>"]/g)].map(([, hex]) => bytesOf(hex!));
  const path = strings.at(kind === "openat" ? -1 : 0)?.toString() ?? "";
  const name = path === folder ? "." : basename(path);
  const last = Number(words.split(", ").at(-1));
  if (kind === "openat") return words.includes("O_CREAT") ? { kind: "create", name } : null;
  if (kind === "pwrite64") return { kind: "write", name, bytes: strings[1]!, offset: last };
  if (kind === "ftruncate") return { kind: "truncate", name, length: last };
  return { kind: kind === "unlink" ? "unlink" : "sync", name };
}

/** What strace -xx writes as `\x2f\x74…`. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}

/** What outlives a power cut besides what was synced. */
export interface Survival {
  /** Whether unsynced writes to a file survive. */
  readonly writes: (name: string) => boolean;
  /** Whether files made and removed since the folder was synced are so afterwards. */
  readonly names: boolean;
}

interface Inode {
  content: Buffer;
  pending: DiskCall[];
}

/** A folder as the disk holds it: what is safe, and what is only in the system's memory. */
class Disk {
  readonly names = new Map<string, Inode>();
  private safeNames = new Map<string, Inode>();

  constructor(files: ReadonlyMap<string, Buffer>) {
    for (const [name, content] of files) this.names.set(name, { content, pending: [] });
    this.safeNames = new Map(this.names);
  }

  apply(call: DiskCall): void {
    const { kind, name } = call;
    if (kind === "create" && !this.names.has(name))
      this.names.set(name, { content: Buffer.alloc(0), pending: [] });
    else if (kind === "unlink") this.names.delete(name);
    else if (kind === "sync" && name === ".") this.safeNames = new Map(this.names);
    else if (kind === "sync") settle(this.names.get(name)!);
    else if (kind !== "create") this.names.get(name)!.pending.push(call);
  }

  after({ writes, names }: Survival): Map<string, Buffer> {
    const left = new Map<string, Buffer>();
    for (const [name, inode] of names ? this.names : this.safeNames)
      left.set(name, writes(name) ? inode.pending.reduce(changed, inode.content) : inode.content);
    return left;
  }
}

function settle(inode: Inode): void {
  inode.content = inode.pending.reduce(changed, inode.content);
  inode.pending = [];
}

function changed(content: Buffer, call: DiskCall): Buffer {
  if (call.kind === "truncate") return resized(content, call.length);
  if (call.kind !== "write") return content;
  const copy = resized(content, Math.max(content.length, call.offset + call.bytes.length));
  call.bytes.copy(copy, call.offset);
  return copy;
}

function resized(content: Buffer, length: number): Buffer {
  const copy = Buffer.alloc(length);
  content.copy(copy);
  return copy;
}

/** Puts the folder's files into the state after a power cut that came behind the first `count` calls. */
export function cutPower(
  project: CliProject,
  before: ReadonlyMap<string, Buffer>,
  calls: readonly DiskCall[],
  survival: Survival,
): void {
  const disk = new Disk(before);
  for (const call of calls) disk.apply(call);
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(project.path + end, { force: true });
  for (const [name, content] of disk.after(survival)) {
    // SQLite never reads a -shm file that no process has open.
    if (!name.endsWith("-shm")) writeFileSync(project.root.join(name), content);
  }
}
