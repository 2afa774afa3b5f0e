import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { GODWIT_VERSION } from "../base/godwit-version.ts";
import { stringify } from "../base/json.ts";
import { mayRun } from "../base/running-process.ts";
import { CompanionFolder } from "./companion-folder.ts";

/** What a run has come to. */
export interface RunEnd {
  readonly finishedAt: string;
  readonly durationMs: number;
  /** `done`, or what a failure says of the database. */
  readonly outcome: "done" | "unchanged" | "rolled_back" | "left_changed" | "unknown";
  /** What is committed, in order. */
  readonly done: readonly { readonly version: string; readonly direction: string }[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
  } | null;
  /** The id of the restore point that it has made and left. */
  readonly restorePoint: string | null;
}

/** One command that has, or would have, changed a database. */
export interface LoggedRun {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly godwit: string;
  readonly command: string;
  /** Null for a run that was killed, or that goes on. */
  readonly end: RunEnd | null;
}

const FILE = "runs.ndjson";
/** Over this, the older half goes. */
const MOST_BYTES = 1 << 20;
/** Enough for what `status` tells of: the last runs. */
const TAIL_BYTES = 1 << 16;

/** The runs of one database, as lines of JSON in the folder beside it: one when a run begins, one when it ends. */
export class RunLog {
  private readonly folder: CompanionFolder;

  constructor(database: string, parent?: string) {
    this.folder = new CompanionFolder(database, parent);
  }

  /** @returns the id for `end`. @throws the system's error, or GodwitError BACKUP_FAILED, where it cannot be written */
  begin(command: string, startedAt: Date): string {
    const id = randomBytes(8).toString("hex");
    this.folder.make();
    this.trim();
    const { pid } = process;
    const who = { user: userName(), host: hostname(), pid, godwit: GODWIT_VERSION };
    this.append({ id, started_at: startedAt.toISOString(), ...who, command });
    this.folder.isUnsettled = true;
    return id;
  }

  end(id: string, end: RunEnd): void {
    const { finishedAt, durationMs, outcome, done, error, restorePoint } = end;
    this.append({
      id,
      finished_at: finishedAt,
      duration_ms: durationMs,
      outcome,
      done,
      error,
      restore_point: restorePoint,
    });
    this.folder.isUnsettled = outcome !== "done";
  }

  /** Newest first. Empty where there is no log. Lines that cannot be read are passed over. */
  read(): readonly LoggedRun[] {
    const { path } = this;
    return existsSync(path) ? runsIn(readFileSync(path, "utf8")) : [];
  }

  /** The newest run, if it failed, or was killed. */
  lastFailure(): LoggedRun | null {
    const [last] = this.folder.isUnsettled && existsSync(this.path) ? runsIn(readTail(this.path)) : [];
    if (last === undefined || last.end?.outcome === "done") return null;
    const isRunning = last.end === null && isAlive(last);
    return isRunning ? null : last;
  }

  private get path(): string {
    return join(this.folder.path, FILE);
  }

  /** One write a line: lines of two processes do not mix (https://man7.org/linux/man-pages/man2/open.2.html, O_APPEND). */
  private append(line: Record<string, unknown>): void {
    const descriptor = this.folder.createFile(FILE, "a");
    try {
      writeSync(descriptor, `${stringify(line)}\n`);
    } finally {
      closeSync(descriptor);
    }
  }

  private trim(): void {
    if (!existsSync(this.path)) return;
    const lines = readFileSync(this.path, "utf8").split("\n");
    if (Bun.file(this.path).size <= MOST_BYTES) return;
    const rest = lines.slice(Math.floor(lines.length / 2)).join("\n");
    const fresh = `${FILE}.${process.pid}`;
    const descriptor = this.folder.createFile(fresh, "w");
    writeSync(descriptor, rest);
    closeSync(descriptor);
    renameSync(join(this.folder.path, fresh), this.path);
  }
}

/** Whether a run that has no end may still go on. */
export function isAlive({ host, pid, startedAt }: LoggedRun): boolean {
  return mayRun({ host, pid }, Date.now() - Date.parse(startedAt));
}

function runsIn(text: string): LoggedRun[] {
  const runs = new Map<string, LoggedRun>();
  for (const line of text.split("\n")) {
    const entry = parse(line);
    const id = entry?.["id"];
    if (entry === null || typeof id !== "string") continue;
    const run = runs.get(id);
    if (typeof entry["started_at"] === "string") runs.set(id, toRun(id, entry));
    else if (run !== undefined && typeof entry["finished_at"] === "string")
      runs.set(id, { ...run, end: toEnd(entry) });
  }
  return [...runs.values()].reverse();
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function toRun(id: string, entry: Record<string, unknown>): LoggedRun {
  const text = (key: string) => String(entry[key] ?? "");
  return {
    id,
    startedAt: text("started_at"),
    user: text("user"),
    host: text("host"),
    pid: Number(entry["pid"]),
    godwit: text("godwit"),
    command: text("command"),
    end: null,
  };
}

function toEnd(entry: Record<string, unknown>): RunEnd {
  return {
    finishedAt: String(entry["finished_at"]),
    durationMs: Number(entry["duration_ms"] ?? 0),
    outcome: entry["outcome"] as RunEnd["outcome"],
    done: Array.isArray(entry["done"]) ? entry["done"] : [],
    error: (entry["error"] ?? null) as RunEnd["error"],
    restorePoint: typeof entry["restore_point"] === "string" ? entry["restore_point"] : null,
  };
}

function readTail(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8");
  } finally {
    closeSync(descriptor);
  }
}

function userName(): string {
  const asked = process.env["SUDO_USER"];
  const name = systemName() ?? process.env["USER"] ?? process.env["USERNAME"] ?? `uid ${process.getuid?.()}`;
  return asked === undefined || asked === name ? name : `${asked} as ${name}`;
}

/** Bun's `userInfo` gives what the environment says. Null for a user that has a number only, and where the list is kept elsewhere. */
function systemName(): string | null {
  try {
    const fields = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"));
    return fields.find(([, , uid]) => uid === String(process.getuid?.()))?.[0] ?? null;
  } catch {
    return null;
  }
}
