import type { ConvertFns, FFIFunction, Pointer } from "bun:ffi";

/** Of glibc and of musl. */
const NAMES = ["libc.so.6", `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`];

let loaded: typeof import("bun:ffi") | null = null;

/** Loaded when it is needed, which is in few starts. */
function ffi(): typeof import("bun:ffi") {
  loaded ??= process.getBuiltinModule("bun:ffi") as unknown as typeof import("bun:ffi");
  return loaded;
}

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
      return ffi().dlopen(name, functions).symbols;
    } catch {
      // Another C library.
    }
  }
  return null;
}

/** Where bytes stand in memory, for a function of the library. They must be kept as long as it may look there. */
export function addressOf(bytes: Buffer | Int32Array): number {
  return ffi().ptr(bytes);
}

/** The `int` that stands there. */
export function intAt(address: Pointer): number {
  return ffi().read.i32(address, 0);
}
