import { join } from "node:path";
import { APPLIERS } from "../appliers.ts";
import { projectOf, readsScript } from "../contenders.ts";
import { writeLargeScript } from "../large-script.ts";
import { mustBe } from "../project.ts";
import type { Contender, Place, Workload } from "../workload.ts";

export const largeFile: Workload = {
  name: "large-file",
  contenders(place) {
    const folder = join(place.folder, "migrations");
    const script = join(folder, "20260101000001_load_notes.sql");
    let rows = 0;
    const [godwit, bare, shell] = (["godwit", "bare", "shell"] as const).map((id) =>
      loads(id, place, () => rows),
    );
    return [
      {
        ...godwit!,
        tool: "godwit",
        parameters: APPLIERS.godwit.parameters(folder, "sql"),
        create() {
          rows = writeLargeScript(script);
        },
      },
      { ...bare!, tool: "bare/run-file", parameters: ["app.db", script] },
      { ...shell!, ...readsScript(shell!.project, script) },
    ];
  },
};

function loads(id: string, place: Place, rows: () => number): Omit<Contender, "tool" | "parameters"> {
  const project = projectOf(place, id);
  return {
    id,
    project,
    prepare: () => project.clear(),
    verify: () => mustBe("rows", project.countRows("notes"), rows()),
  };
}
