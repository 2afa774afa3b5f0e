import { renameSync } from "node:fs";
import { join } from "node:path";
import { APPLIERS, type ApplierName } from "./appliers.ts";
import type { Shape } from "./file-shapes.ts";
import type { Kind } from "./migration-steps.ts";
import { mustBe, Project } from "./project.ts";
import type { Contender, Place } from "./workload.ts";

/** What is to be applied. */
export interface Work {
  readonly kind: Kind;
  readonly count: number;
  readonly isCode?: boolean;
}

interface Variation {
  readonly id?: string;
  readonly note?: string;
  readonly flags?: readonly string[];
}

/** Applies everything to a new database. */
export function applies(tool: ApplierName, place: Place, work: Work, variation: Variation = {}): Contender {
  const { id = tool, note, flags = [] } = variation;
  const applier = APPLIERS[tool];
  const shape = shapeOf(tool, work);
  const folder = place.files.pathOf(shape, work.kind, work.count);
  const project = projectOf(place, id);
  return {
    id,
    tool,
    ...(note === undefined ? {} : { note }),
    parameters: [...applier.parameters(folder, work.isCode ? "mjs" : "sql"), ...flags],
    project,
    create() {
      place.files.write(shape, work.kind, work.count);
      applier.configure?.(project, folder);
    },
    prepare: () => project.clear(),
    verify: () => verifyApplied(project, tool, work),
  };
}

function shapeOf(tool: ApplierName, { isCode = false }: Work): Shape {
  const { shape, codeShape = shape } = APPLIERS[tool];
  return isCode ? codeShape : shape;
}

/** Finds everything applied: by the very same command, so that one that looks elsewhere is found out. */
export function findsNothing(
  tool: ApplierName,
  place: Place,
  work: Work,
  variation: Variation = {},
): Contender {
  const { prepare, ...applying } = applies(tool, place, work, variation);
  return {
    ...applying,
    create(run) {
      applying.create?.(run);
      prepare?.();
      run(applying.parameters);
      applying.verify("");
    },
  };
}

/** The sqlite3 shell with a file of SQL, in one transaction. */
export function readsScript(project: Project, script: string): Pick<Contender, "tool" | "parameters"> {
  return {
    tool: "shell",
    parameters: ["-bail", project.database, "BEGIN;", `.read '${script}'`, "COMMIT;"],
  };
}

export function shellApplies(place: Place, { kind, count }: Work): Contender {
  const project = projectOf(place, "shell");
  return {
    id: "shell",
    ...readsScript(project, place.files.scriptPathOf(kind, count)),
    project,
    create: () => place.files.writeScript(kind, count),
    prepare: () => project.clear(),
    verify: () => verifyTables(project, kind, count),
  };
}

/** The same files as godwit, and none of its care. */
export function bareApplies(place: Place, work: Work): Contender {
  const folder = place.files.pathOf(shapeOf("godwit", work), work.kind, work.count);
  const applying = applies("godwit", place, work, { id: "bare" });
  return { ...applying, tool: "bare/apply-files", parameters: [applying.project.database, folder] };
}

export function projectOf(place: Place, id: string): Project {
  return new Project(join(place.folder, id));
}

/** Keeps a database that was just made, to be put back before each run. */
export function keepAs(project: Project, name: string): string {
  const kept = join(project.path, name);
  renameSync(project.database, kept);
  return kept;
}

export function verifyApplied(project: Project, tool: ApplierName, { kind, count }: Work): void {
  mustBe("migrations in the history", project.countRows(APPLIERS[tool].history), count);
  verifyTables(project, kind, count);
}

function verifyTables(project: Project, kind: Kind, count: number): void {
  if (kind === "inserts") return mustBe("rows", project.countRows("lines"), count - 1);
  mustBe("tables", project.countTables(), count);
  if (kind === "filled-tables") mustBe("rows of the last table", project.countRows(`table_${count}`), 1);
}
