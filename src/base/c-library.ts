import type { ConvertFns, FFIFunction } from "bun:ffi";

/** Of glibc and of musl. */
const NAMES = ["libc.so.6", `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`];

/**
 * Functions of the system's C library. The first call in a process takes about two milliseconds, others half of one.
 * @returns null elsewhere than on Linux, and where no library is found
 */
export function openCLibrary<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
  names: readonly string[] = NAMES,
): ConvertFns<Functions> | null {
  if (process.platform !== "linux") return null;
  const { dlopen } = foreignFunctions();
  for (const name of names) {
    try {
      return dlopen(name, functions).symbols;
    } catch {
      // Another C library.
    }
  }
  return null;
}

type Foreign = typeof import("bun:ffi");

let foreign: Foreign | null = null;

/** Loaded when it is needed, which takes most of that time; and once, before code runs that could put something else in its place. */
export function foreignFunctions(): Foreign {
  foreign ??= require("bun:ffi") as Foreign;
  return foreign;
}
