import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Block } from "./readme.ts";
import { type Ended, GODWIT, runProcess } from "./run-godwit.ts";
import type { TempDir } from "./temp-dir.ts";

const ROOT = resolve(import.meta.dir, "../..");

/** The folder that the README's output shows. */
const SHOWN_FOLDER = "/srv/app";

/** Carries out the blocks of one section in a folder of its own, as a reader would. */
export class ReadmeRun {
  /** The lines of the blocks that were carried out. */
  readonly done: number[] = [];
  private readonly folder: TempDir;
  private readonly path: string;
  private last: Ended | null = null;

  constructor(folder: TempDir) {
    this.folder = folder;
    installInto(folder);
    mkdirSync(folder.join("work/migrations"), { recursive: true });
    this.path = realpathSync(folder.join("work"));
  }

  async take(block: Block): Promise<void> {
    switch (block.role) {
      case "file":
        this.folder.write(join("work", block.file!), block.text);
        break;
      case "database":
        this.query(block.file!, block.text);
        break;
      case "shell":
        this.last = await this.run(block);
        break;
      case "output":
        this.compare(block, this.last!.stdout);
        break;
    }
    this.done.push(block.line);
  }

  private async run({ text, line }: Block): Promise<Ended> {
    const env = { PATH: `${this.folder.join("bin")}:${process.env["PATH"]}` };
    const ended = await runProcess(["sh", "-ec", `exec 2>&1\n${text}`], { cwd: this.path, env });
    const expected = Number(/# exit code (\d+)/.exec(text)?.[1] ?? 0);
    if (ended.exitCode !== expected)
      throw new Error(`README.md:${line}: exit code ${ended.exitCode}, not ${expected}\n${ended.stdout}`);
    return ended;
  }

  /** VACUUM INTO and ATTACH take paths from the working directory of the process, so each one is made absolute. */
  private query(file: string, sql: string): void {
    using db = new Database(join(this.path, file));
    db.run(sql.replace(/((?:VACUUM INTO|ATTACH) ')/, `$1${this.path}/`));
  }

  private compare({ language, text, line }: Block, printed: string): void {
    const shown = printed.replaceAll(this.path, SHOWN_FOLDER);
    const isFresh = hasFreshVersion(shown);
    const simplify = (part: string) => (isFresh ? withoutVersions(part) : part);
    const [actual, expected] = [shown, text].map((part) =>
      language === "json"
        ? JSON.parse(simplify(JSON.stringify(JSON.parse(part), withoutTimes)))
        : simplify(withoutMeasures(part)),
    );
    expect({ line, output: actual }).toEqual({ line, output: expected });
  }
}

/** `godwit` and `bun` on the PATH, and the library where an import finds it. */
export function installInto(folder: TempDir): void {
  mkdirSync(folder.join("bin"));
  mkdirSync(folder.join("node_modules"));
  symlinkSync(GODWIT, folder.join("bin/godwit"));
  symlinkSync(process.execPath, folder.join("bin/bun"));
  symlinkSync(ROOT, folder.join("node_modules/godwit"));
}

const VERSION = /(?<!\d)\d{14}(?!\d)/g;

/** Whether a file that was made just now is in it: its version cannot stand in the README. */
function hasFreshVersion(text: string): boolean {
  const yesterday = versionOf(Date.now() - 86_400_000);
  const tomorrow = versionOf(Date.now() + 86_400_000);
  return (text.match(VERSION) ?? []).some((version) => yesterday < version && version < tomorrow);
}

function versionOf(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace(/\D/g, "");
}

const RUN = /^[0-9a-f]{16}$/;
const RESTORE_POINT = /\d{8}T\d{6}Z(-\d+)?/g;

function withoutVersions(text: string): string {
  return text.replace(VERSION, "<version>");
}

function withoutMeasures(text: string): string {
  return text
    .replace(RESTORE_POINT, "<restore point>")
    .replace(/\S+@\S+, godwit \S+/g, "<who>")
    .replace(/\b\d+(\.\d+)? m?s\b/g, "<time>")
    .replace(/\b\d+(\.\d+)? [KMG]B\b/g, "<size>")
    .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?/g, "<date>");
}

/** A replacer for JSON: what differs from run to run or from release to release keeps its type only. */
function withoutTimes(key: string, value: unknown): unknown {
  if (value === null) return null;
  const varies = /_ms$|_at$|^(godwit|bun|sqlite|bytes|user|host|pid)$/.test(key);
  if (typeof value === "string" && !varies)
    return value.replace(RESTORE_POINT, "<restore point>").replace(RUN, "<run>");
  return varies ? typeof value : value;
}
