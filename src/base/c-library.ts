import { type ConvertFns, dlopen, type FFIFunction, type Pointer, ptr, read } from "bun:ffi";

/** Of glibc and of musl. */
const NAMES = ["libc.so.6", `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`];

/**
 * Functions of the system's C library.
 * @returns null elsewhere than on Linux, and where no library is found
 */
export function openCLibrary<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
  names: readonly string[] = NAMES,
): ConvertFns<Functions> | null {
  if (process.platform !== "linux") return null;
  for (const name of names) {
    try {
      return dlopen(name, functions).symbols;
    } catch {
      // Another C library.
    }
  }
  return null;
}

/** Where bytes stand in memory, for a function of the library. They must be kept as long as it may look there. */
export function addressOf(bytes: Buffer | Int32Array): number {
  return ptr(bytes);
}

/** The `int` that stands there. */
export function intAt(address: Pointer): number {
  return read.i32(address, 0);
}
