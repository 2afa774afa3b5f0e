#!/usr/bin/env node
// Starts the executable of this platform, which npm has installed beside this package.
const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const file = find();
const args = process.argv.slice(2);
if (typeof process.execve === "function" && process.platform !== "win32") {
  // It is experimental in Node, which is no news to whoever runs godwit.
  process.removeAllListeners("warning");
  process.execve(file, [file, ...args], process.env);
}
const child = spawn(file, args, { stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
  listen(signal, () => child.kill(signal));
// A terminal sends it to both.
listen("SIGINT", () => {});
child.on("error", (error) => fail(error.message));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? code : 128 + constants.signals[signal];
});

function find() {
  const name = `@godwit/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}${isMusl() ? "-musl" : ""}`;
  const ending = process.platform === "win32" ? ".exe" : "";
  try {
    return require.resolve(`${name}/bin/godwit${ending}`);
  } catch {
    return fail(
      `the package ${name} is not installed; is this platform supported, and were optional packages left out?`,
    );
  }
}

function isMusl() {
  return process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
}

function listen(signal, listener) {
  try {
    process.on(signal, listener);
  } catch {
    // Windows does not know every one.
  }
}

function fail(message) {
  console.error(`godwit: ${message}`);
  process.exit(2);
}
