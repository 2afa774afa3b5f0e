import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { resolve } from "node:path";
import { findSuccessor } from "../../src/cli/successor.ts";
import { runProcess, startProcess } from "../support/run-godwit.ts";
import { TempDir } from "../support/temp-dir.ts";

const MODULE = JSON.stringify(resolve(import.meta.dir, "../../src/cli/become.ts"));

const FINDER = JSON.stringify(resolve(import.meta.dir, "../../src/cli/successor.ts"));

/** A process that runs the program beside itself, as where the system has no execve. */
function beside(...words: string[]): string[] {
  const script = `const { become } = await import(${MODULE}); const { findSuccessor } = await import(${FINDER});
    process.exit(await become(findSuccessor(${JSON.stringify(words)}), undefined));`;
  return [process.execPath, "-e", script];
}

describe("a program that runs beside godwit", () => {
  test.each([
    ["exit 0", 0],
    ["exit 3", 3],
    ["kill -9 $$", 137],
    ["kill -TERM $$", 143],
  ])("gives its exit code: %s", async (line, code) => {
    using folder = new TempDir();
    const ended = await runProcess(beside("sh", "-c", line), { cwd: folder.path });
    expect(ended).toEqual({ stdout: "", stderr: "", exitCode: code });
  });

  test("has its name, its arguments and the streams", async () => {
    using folder = new TempDir();
    const words = beside("sh", "-c", 'cat; echo "$0 $1"; echo told >&2', "server", "--port=80");
    const child = Bun.spawn(words, {
      cwd: folder.path,
      stdin: Buffer.from("given\n"),
      stdout: "pipe",
      stderr: "pipe",
      timeout: 30_000,
    });
    expect(await child.stdout.text()).toBe("given\nserver --port=80\n");
    expect(await child.stderr.text()).toBe("told\n");
  });

  test.each(["SIGTERM", "SIGHUP", "SIGUSR1"] as const)("is sent %s", async (signal) => {
    using folder = new TempDir();
    const line = `trap 'echo got; exit 7' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
    const child = startProcess(beside("sh", "-c", line), { cwd: folder.path });
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill(signal);
    expect(await child.exited).toBe(7);
  });
});

describe("a program is found", () => {
  test("by its name in PATH, and by its path", () => {
    expect(findSuccessor(["sh", "-c"]).file).toMatch(/^\/.*\/sh$/);
    expect(findSuccessor(["/bin/sh"])).toMatchObject({
      file: "/bin/sh",
      argv: ["/bin/sh"],
      folder: process.cwd(),
    });
  });

  test.each([[[]], [[""]]])("unless there is no name: %j", (words) => {
    expect(() => findSuccessor(words)).toThrow(expect.objectContaining({ code: "MISSING_ARGUMENT" }));
  });

  test("unless it is a folder, a file that may not be run, or nothing", () => {
    using folder = new TempDir();
    const file = folder.write("plain", "echo");
    chmodSync(file, 0o644);
    for (const name of [folder.path, file, "/nowhere/server", "no-such-program"])
      expect(() => findSuccessor([name])).toThrow(expect.objectContaining({ code: "COMMAND_NOT_FOUND" }));
  });
});
