import {
  closeSync,
  fstatSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { bestEffort } from "../base/best-effort.ts";
import { GODWIT_VERSION } from "../base/godwit-version.ts";
import { stringify } from "../base/json.ts";
import { randomHex } from "../base/random.ts";
import { mayRun } from "../base/running-process.ts";
import { CompanionFolder, unreadable } from "./companion-folder.ts";

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
/** What becomes of it when it is too long. */
const FRESH = `${FILE}.new`;
/** Over this, the older half goes. */
const MOST_BYTES = 1 << 20;
/** Code may throw whole files. */
const MESSAGE_KEPT = 2000;

/** The runs of one database, as lines of JSON in the folder beside it: one when a run begins, one when it ends. */
export class RunLog {
  private readonly folder: CompanionFolder;

  constructor(database: string, parent?: string) {
    this.folder = new CompanionFolder(database, parent);
  }

  /** @returns the id for `end`. @throws the system's error, or GodwitError BACKUP_FAILED, where it cannot be written */
  begin(command: string, startedAt: Date): string {
    const id = randomHex(8);
    this.folder.make();
    this.trim();
    const { pid } = process;
    const who = { user: userName(), host: hostname(), pid, godwit: GODWIT_VERSION };
    this.folder.isUnsettled = true;
    this.append({ id, started_at: startedAt.toISOString(), ...who, command });
    return id;
  }

  /** @throws as `begin` */
  end(id: string, end: RunEnd): void {
    const { finishedAt, durationMs, outcome, done, error, restorePoint } = end;
    this.append({
      id,
      finished_at: finishedAt,
      duration_ms: durationMs,
      outcome,
      done,
      error: error === null ? null : { ...error, message: cut(error.message) },
      restore_point: restorePoint,
    });
    this.folder.isUnsettled = outcome !== "done";
  }

  /** Newest first. Empty where there is no log. Lines that cannot be read are passed over. @throws GodwitError DATABASE_FAILED where the log cannot be read */
  read(): readonly LoggedRun[] {
    try {
      const descriptor = this.folder.openToRead(FILE);
      if (descriptor === null) return [];
      try {
        return runsIn(readFileSync(descriptor, "utf8"));
      } finally {
        closeSync(descriptor);
      }
    } catch (cause) {
      throw unreadable("the log", cause);
    }
  }

  /** The run that has come to its end last, if it failed, or was killed. @throws as `read` */
  lastFailure(): LoggedRun | null {
    if (!this.folder.isUnsettled) return null;
    const last = this.read()
      .filter((run) => run.end !== null || !isAlive(run))
      .reduce<LoggedRun | undefined>(later, undefined);
    return last === undefined || last.end?.outcome === "done" ? null : last;
  }

  private get path(): string {
    return join(this.folder.path, FILE);
  }

  /** One write a line: lines of two processes do not mix (https://man7.org/linux/man-pages/man2/open.2.html, O_APPEND). */
  private append(line: Record<string, unknown>): void {
    const descriptor = this.folder.openToAppend(FILE);
    try {
      // What was cut off by a full disk must not take this line along.
      const bytes = Buffer.from(`${endsOpen(descriptor) ? "\n" : ""}${stringify(line)}\n`);
      if (writeSync(descriptor, bytes) < bytes.length) throw new Error("there is no room for all of it");
    } finally {
      closeSync(descriptor);
    }
  }

  /** A log that stays too long is still a log. */
  private trim(): void {
    bestEffort(() => {
      if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) this.shorten();
    });
  }

  private shorten(): void {
    const old = this.folder.openToAppend(FILE);
    const bytes = readFileSync(old);
    closeSync(old);
    const start = bytes.indexOf("\n", bytes.length - MOST_BYTES / 2) + 1;
    const fresh = join(this.folder.path, FRESH);
    rmSync(fresh, { force: true });
    const descriptor = this.folder.createFile(FRESH);
    const rest = bytes.subarray(start);
    const written = writeSync(descriptor, rest);
    closeSync(descriptor);
    if (written === rest.length) renameSync(fresh, this.path);
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

/** Whether the last line has no end. */
function endsOpen(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== "\n";
}

function cut(message: string): string {
  if (message.length <= MESSAGE_KEPT) return message;
  return `${message.slice(0, MESSAGE_KEPT).replace(/[\ud800-\udbff]$/, "")}…`;
}

function later(one: LoggedRun | undefined, other: LoggedRun): LoggedRun {
  return one === undefined || lastSeen(other) > lastSeen(one) ? other : one;
}

/** ISO 8601 UTC, which sorts as text. */
function lastSeen({ startedAt, end }: LoggedRun): string {
  return end?.finishedAt ?? startedAt;
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
