import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readSections } from "./support/readme.ts";
import { documentOf, type Ended, GODWIT, runProcess } from "./support/run-godwit.ts";
import { ScratchRoot, whyNoChroot } from "./support/scratch-root.ts";
import { TempDir } from "./support/temp-dir.ts";

const ROOT = resolve(import.meta.dir, "..");
const blocks = readSections().flatMap((section) => section.blocks);

function recipe(file: string): string {
  const block = blocks.find((one) => one.file === file);
  if (block === undefined) throw new Error(`README.md has no ${file}`);
  return block.text;
}

/** A release of the executable that the tests have built, as `scripts/release` lays it out. */
const release = new TempDir();
let server: Bun.Server<undefined>;

beforeAll(() => {
  const name = `godwit-${process.platform}-${process.arch}.gz`;
  const compressed = Bun.gzipSync(readFileSync(GODWIT), { level: 1 });
  writeFileSync(release.join(name), compressed);
  writeFileSync(release.join("SHA256SUMS"), `${Bun.SHA256.hash(compressed, "hex")}  ${name}\n`);
  copyFileSync(join(ROOT, "scripts/install.sh"), release.join("install.sh"));
  server = Bun.serve({
    port: 0,
    fetch: ({ url }) => new Response(Bun.file(release.join(new URL(url).pathname))),
  });
});

afterAll(async () => {
  await server.stop(true);
  release[Symbol.dispose]();
});

function checkout(folder: TempDir): void {
  cpSync(join(ROOT, "migrations"), folder.join("migrations"), { recursive: true });
}

async function succeeds(ended: Promise<Ended>): Promise<Ended> {
  const { exitCode, stdout, stderr } = await ended;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stdout}${stderr}`);
  return { exitCode, stdout, stderr };
}

interface Workflow {
  readonly env: { readonly GODWIT_RELEASE: string };
  readonly jobs: {
    readonly migrations: { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] };
  };
}

test("the workflow of GitHub Actions passes, and its summary tells of it", async () => {
  using folder = new TempDir();
  checkout(folder);
  const workflow = Bun.YAML.parse(recipe(".github/workflows/migrations.yml")) as Workflow;
  const added = folder.write("path", "");
  const env = {
    ...workflow.env,
    GODWIT_RELEASE: `http://localhost:${server.port}`,
    ...{ HOME: folder.path, GITHUB_PATH: added, GITHUB_ACTIONS: "true" },
    ...{ GITHUB_WORKSPACE: folder.path, GITHUB_STEP_SUMMARY: folder.write("summary.md", "") },
  };
  for (const { uses, run } of workflow.jobs.migrations.steps) {
    if (run === undefined) {
      expect(uses).toStartWith("actions/checkout@");
      continue;
    }
    const path = [...readFileSync(added, "utf8").split("\n").filter(Boolean), process.env["PATH"]].join(":");
    await succeeds(
      runProcess(["bash", "-eo", "pipefail", "-c", run], { cwd: folder.path, env: { ...env, PATH: path } }),
    );
  }
  const summary = readFileSync(folder.join("summary.md"), "utf8");
  for (const title of ["### godwit test", "### godwit migrate", "### godwit status"])
    expect(summary).toContain(title);
});

interface Pipeline {
  readonly variables: Record<string, string>;
  readonly migrations: {
    readonly before_script: readonly string[];
    readonly script: readonly string[];
    readonly artifacts: { readonly paths: readonly string[] };
  };
}

test("the job of GitLab passes, and leaves its artifact", async () => {
  using folder = new TempDir();
  checkout(folder);
  const { variables, migrations } = Bun.YAML.parse(recipe(".gitlab-ci.yml")) as Pipeline;
  const env = {
    ...variables,
    GODWIT_RELEASE: `http://localhost:${server.port}`,
    CI_PROJECT_DIR: folder.path,
  };
  // One shell for both, as a runner has it.
  const script = [...migrations.before_script, ...migrations.script].join("\n");
  await succeeds(runProcess(["bash", "-eo", "pipefail", "-c", script], { cwd: folder.path, env }));
  const [artifact] = migrations.artifacts.paths;
  const document = documentOf({
    stdout: readFileSync(folder.join(artifact!), "utf8"),
    stderr: "",
    exitCode: 0,
  });
  expect(document["applied"]).toHaveLength(8);
});

/** Where no root can be changed, the reason is printed instead. */
function inScratchRoot(name: string, body: (root: ScratchRoot) => Promise<void>): void {
  test(name, async () => {
    const why = whyNoChroot();
    if (why !== null) return console.log(`skipped: ${why} here`);
    using root = new ScratchRoot();
    // What glibc's executables need beside what they are linked to, godwit needs too.
    root.addExecutable(GODWIT, "/tmp/godwit-libraries");
    await body(root);
  });
}

const SERVER = '#!/bin/sh\necho "serving $*"\n';

describe("in a root folder that holds a shell and little else,", () => {
  inScratchRoot("the Dockerfile builds, and its container migrates and serves", async (root) => {
    using context = new TempDir();
    checkout(context);
    cpSync(release.path, context.join("release"), { recursive: true });
    chmodSync(context.write("server", SERVER), 0o755);
    const image = await build(root, context, recipe("Dockerfile"));
    const first = await succeeds(root.run([...image.entrypoint, ...image.command], image));
    expect(first.stdout).toBe("serving --port 80\n");
    expect(first.stderr).toContain("8 migrations applied in ");
    const second = await succeeds(root.run([...image.entrypoint, ...image.command], image));
    expect(second.stderr).toBe("nothing is pending in /data/app.db\n");
    const { stdout } = await root.run(["ls", "/tmp"]);
    expect(stdout).not.toContain("release");
  });

  inScratchRoot("the unit of systemd migrates, and then serves", async (root) => {
    const unit = Object.fromEntries(
      recipe("app.service")
        .split("\n")
        .filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    ) as Record<"WorkingDirectory" | "Environment" | "ExecStartPre" | "ExecStart", string>;
    root.addExecutable(GODWIT, "/usr/local/bin/godwit");
    mkdirSync(root.path("srv/app"), { recursive: true });
    cpSync(join(ROOT, "migrations"), root.path("srv/app/migrations"), { recursive: true });
    writeFileSync(root.path("srv/app/server"), SERVER, { mode: 0o755 });
    const [variable, value] = unit.Environment.split("=") as [string, string];
    const place = { folder: unit.WorkingDirectory, env: { [variable]: value } };
    const { stdout } = await succeeds(root.run(unit.ExecStartPre.split(" "), place));
    expect(stdout).toContain("8 migrations applied in ");
    expect((await root.run(unit.ExecStart.split(" "), place)).stdout).toBe("serving --port 80\n");
  });
});

interface Image {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** Carries a Dockerfile out in a root folder, as far as ours goes; any other instruction fails. */
async function build(root: ScratchRoot, context: TempDir, text: string): Promise<Image> {
  let folder = "/";
  const env: Record<string, string> = {};
  const lists: Record<string, readonly string[]> = {};
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [instruction, rest] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
    switch (instruction) {
      case "FROM":
        expect(rest).toEndWith("-slim");
        break;
      case "COPY": {
        const [from, to] = rest.split(" ") as [string, string];
        const target = root.path(to.startsWith("/") ? to : join(folder, to));
        cpSync(context.join(from), to === "." ? join(target, from) : target, { recursive: true });
        break;
      }
      case "RUN":
        await succeeds(root.run(["/bin/sh", "-c", rest], { folder, env }));
        break;
      case "WORKDIR":
        folder = rest;
        mkdirSync(root.path(rest), { recursive: true });
        break;
      case "VOLUME":
        mkdirSync(root.path(rest), { recursive: true });
        break;
      case "ENV":
        env[rest.slice(0, rest.indexOf("="))] = rest.slice(rest.indexOf("=") + 1);
        break;
      case "ENTRYPOINT":
      case "CMD":
        lists[instruction] = JSON.parse(rest) as string[];
        break;
      default:
        throw new Error(`this test knows no ${instruction}`);
    }
  }
  return { folder, env, entrypoint: lists["ENTRYPOINT"]!, command: lists["CMD"]! };
}
