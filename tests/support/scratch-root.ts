import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { type Ended, runProcess } from "./run-godwit.ts";
import { TempDir } from "./temp-dir.ts";

/** What a slim image has, as far as it is needed. */
const COMMANDS = [
  "sh",
  "awk",
  "cat",
  "chmod",
  "cp",
  "cut",
  "gzip",
  "ls",
  "mkdir",
  "mktemp",
  "mv",
  "rm",
  "sed",
  "sha256sum",
  "uname",
];

/** Why no root can be changed here; null where it can. */
export function whyNoChroot(): string | null {
  if (process.platform !== "linux") return "no Linux";
  if (process.getuid?.() !== 0) return "not root";
  const missing = ["chroot", "unshare", "mount"].find((name) => Bun.which(name) === null);
  if (missing !== undefined) return `no ${missing}`;
  const trial = Bun.spawnSync(["unshare", "--mount", "mount", "--bind", "/dev", "/dev"], {
    stderr: "ignore",
  });
  return trial.exitCode === 0 ? null : "nothing may be mounted";
}

/** A root folder with a shell, a few commands and their libraries: what is built in it meets nothing else of this machine. */
export class ScratchRoot implements Disposable {
  private readonly folder = new TempDir();

  constructor() {
    for (const name of ["bin", "tmp", "dev", "proc", "etc"]) mkdirSync(this.path(name), { recursive: true });
    for (const name of COMMANDS) this.addCommand(name);
  }

  path(...parts: readonly string[]): string {
    return this.folder.join(...parts);
  }

  /** Copies an executable, with what it is linked to. */
  addExecutable(file: string, place: string): void {
    this.copy(file, place);
    const { stdout } = Bun.spawnSync(["ldd", file], { stderr: "ignore" });
    for (const [, library] of stdout.toString().matchAll(/(?:=>\s*|^\s*)(\/\S+)/gm))
      this.copy(library!, library!);
  }

  /** Runs a command inside, in a folder there; with what every container has, `/dev` and `/proc`. */
  run(
    command: readonly string[],
    { folder = "/", env = {} }: { folder?: string; env?: Record<string, string> } = {},
  ): Promise<Ended> {
    const script = `mount --bind /dev "$0/dev" && mount --bind /proc "$0/proc" && exec chroot "$0" /bin/sh -c 'cd "$0" && exec "$@"' "$@"`;
    const words = ["unshare", "--mount", "sh", "-c", script, this.path(), folder, ...command];
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    return runProcess(words, { cwd: "/", env: { PATH: path, ...env } });
  }

  [Symbol.dispose](): void {
    rmSync(this.path("tmp"), { recursive: true, force: true });
    this.folder[Symbol.dispose]();
  }

  private addCommand(name: string): void {
    const found = Bun.which(name);
    if (found === null) throw new Error(`there is no ${name} here`);
    const file = realpathSync(found);
    // Some are scripts of the shell.
    if (readFileSync(file).subarray(0, 4).toString("latin1") === "\u007fELF")
      this.addExecutable(file, `/bin/${name}`);
    else this.copy(file, `/bin/${name}`);
  }

  private copy(file: string, place: string): void {
    const target = this.path(place);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(file), target);
  }
}
