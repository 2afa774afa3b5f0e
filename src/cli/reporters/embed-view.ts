import { counted, printable } from "../../base/printable.ts";
import type { Embedding } from "../../features/embed/embed-migrations.ts";
import { descriptionOf } from "../../migrations/migration.ts";

export function embedLines({ output, migrations, wasStale }: Embedding, isCheck: boolean): string[] {
  const file = printable(output);
  if (isCheck && wasStale)
    return [
      `${file} is stale: it does not say what the folder holds`,
      `  write it with: godwit embed -o ${file}`,
    ];
  return [`${file}  ${counted(migrations.length, "migration")}${wasStale ? "" : ", as it was"}`];
}

export function describeEmbedding(
  { output, migrations, wasStale }: Embedding,
  isCheck: boolean,
): Record<string, unknown> {
  const carried = migrations.map((migration) => ({
    version: migration.version,
    description: descriptionOf(migration),
    checksum: migration.checksum,
  }));
  return { output, stale: isCheck && wasStale, written: wasStale && !isCheck, migrations: carried };
}
