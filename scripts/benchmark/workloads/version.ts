import { projectOf } from "../contenders.ts";
import { mustBe } from "../project.ts";
import type { ToolName } from "../tool.ts";
import type { Contender, Place, Workload } from "../workload.ts";

/** The start of a process and nothing else. */
export const version: Workload = {
  name: "version",
  contenders: (place) => [
    starts("godwit", "godwit", ["--version"], "godwit", place),
    starts("dbmate", "dbmate", ["--version"], "dbmate", place),
    starts("bare", "bare/hello", [], "hello", place),
  ],
};

function starts(
  id: string,
  tool: ToolName,
  parameters: readonly string[],
  word: string,
  place: Place,
): Contender {
  const project = projectOf(place, id);
  return {
    id,
    tool,
    parameters,
    project,
    verify: (stdout) => mustBe("the first word", stdout.trim().split(" ")[0]!, word),
  };
}
