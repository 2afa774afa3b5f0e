import { GodwitError } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";
import type { CodeFunction, Migration, MigrationCode } from "./migration.ts";

/**
 * What a migration's module exports, by name or as members of one default object.
 * @throws GodwitError CODE_INVALID
 */
export function readExports(migration: Migration, module: Record<string, unknown>): MigrationCode {
  const fallback = module["default"];
  const members =
    typeof fallback === "object" && fallback !== null ? (fallback as Record<string, unknown>) : {};
  const find = (name: string): CodeFunction | null => {
    const value = module[name] ?? members[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "function")
      return (value as CodeFunction).bind(module[name] === undefined ? members : undefined);
    throw invalid(migration, `the export "${name}" is no function`);
  };
  const up = find("up");
  if (up === null) throw missingUp(migration);
  return { up, down: find("down"), verify: find("verify") };
}

export function missingUp(migration: Migration): GodwitError {
  return invalid(migration, `the file exports no function "up"${commonJs(migration)}`);
}

/** CommonJS exports are not seen by an import of the text as a module. */
function commonJs({ body }: Migration): string {
  return body.kind === "code" &&
    /\b(?:module\.)?exports\b[.\s=]/.test(body.text) &&
    !/^\s*export\b/m.test(body.text)
    ? "; CommonJS exports are not read"
    : "";
}

function invalid(migration: Migration, message: string): GodwitError {
  return new GodwitError("CODE_INVALID", message, {
    location: locateFile(migration.file),
    hint: "write: export function up(db: Database) { … }",
  });
}
