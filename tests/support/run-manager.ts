import { GodwitError } from "../../src/base/failure.ts";
import { MigrationManager } from "../../src/engine/migration-manager.ts";

/** A process of its own that migrates: `bun run-manager.ts DATABASE FOLDER`. Prints what it applied, or why not. */
const [database = "", folder = ""] = process.argv.slice(2);
try {
  const applied = await new MigrationManager(database, folder).migrate();
  console.log(applied.map(({ version }) => version).join(" "));
} catch (error) {
  console.log(error instanceof GodwitError ? `${error.code} ${error.message}` : String(error));
  process.exitCode = error instanceof GodwitError ? error.exitCode : 70;
}
