/** Platforms that a bundle can be made for, and Bun's name of the runtime. Of x64 the one that also runs without AVX2. */
const TARGETS = {
  "linux-x64": "bun-linux-x64-baseline",
  "linux-arm64": "bun-linux-arm64",
  "linux-x64-musl": "bun-linux-x64-musl-baseline",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-x64": "bun-darwin-x64-baseline",
  "darwin-arm64": "bun-darwin-arm64",
  "windows-x64": "bun-windows-x64-baseline",
} as const;

export type Target = keyof typeof TARGETS;

export const TARGET_NAMES = Object.keys(TARGETS) as Target[];

/** As Bun's bundler is told. */
export function compileTarget(target: Target): Bun.Build.CompileTarget {
  return `${TARGETS[target]}-v${Bun.version}` as Bun.Build.CompileTarget;
}

/** The npm package with the runtime: Bun calls the architecture otherwise there. */
export function runtimePackage(target: Target): string {
  return `@oven/${TARGETS[target].replace("arm64", "aarch64")}`;
}

const ELF = 0x7f454c46;
const MACH_O = 0xcffaedfe;
const PE = 0x4d5a;
/** `e_machine` of https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, and cputype of Apple's mach/machine.h */
const ARM64 = { elf: 0xb7, machO: 0x0100000c } as const;

/** The platform that an executable is for, by its first bytes; null for one that no bundle is made for. */
export function targetOf(executable: Buffer): Target | null {
  if (executable.length < 64) return null;
  const magic = executable.readUInt32BE(0);
  if (magic === ELF) {
    const cpu = executable.readUInt16LE(18) === ARM64.elf ? "arm64" : "x64";
    // The loader that the file asks for stands in its first page: musl's or glibc's.
    return executable.subarray(0, 4096).includes("/lib/ld-musl-") ? `linux-${cpu}-musl` : `linux-${cpu}`;
  }
  if (magic === MACH_O) return executable.readUInt32LE(4) === ARM64.machO ? "darwin-arm64" : "darwin-x64";
  return executable.readUInt16BE(0) === PE ? "windows-x64" : null;
}
