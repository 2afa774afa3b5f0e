import { counted, printable, size } from "../../base/printable.ts";
import type { Bundle } from "../../features/bundle/make-bundle.ts";
import { descriptionOf } from "../../migrations/migration.ts";

export function bundleLines({ output, bytes, target, migrations }: Bundle): string[] {
  const platform = target === null ? "" : ` for ${target}`;
  return [`${printable(output)}  ${counted(migrations.length, "migration")}${platform}, ${size(bytes)}`];
}

export function describeBundle(
  { output, target, bytes, sha256, migrations }: Bundle,
  durationMs: number,
): Record<string, unknown> {
  const carried = migrations.map((migration) => ({
    version: migration.version,
    description: descriptionOf(migration),
    checksum: migration.checksum,
  }));
  return { output, target, bytes, sha256, migrations: carried, duration_ms: durationMs };
}
