import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Ended, runProcess } from "../support/run-godwit.ts";
import { TempDir } from "../support/temp-dir.ts";

const ROOT = resolve(import.meta.dir, "../..");
const INSTALL = resolve(ROOT, "scripts/install.sh");
const VERSION = (JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8")) as { version: string })
  .version;
const HERE = `${process.platform}-${process.arch}`;

const home = new TempDir();
const release = home.join("release");

/** As a script or a person runs it, with what npm and Bun may have fetched before. */
async function sh(line: string, cwd = home.path): Promise<Ended> {
  const env = { HOME: process.env["HOME"] ?? "" };
  return runProcess(["sh", "-c", line], { cwd, env });
}

beforeAll(async () => {
  const command = [process.execPath, "scripts/releases/main.ts", "--out", release, "--target", HERE];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe", timeout: 300_000 });
  const [stdout, stderr] = [await child.stdout.text(), await child.stderr.text()];
  if ((await child.exited) !== 0) throw new Error(`no release: ${stdout}${stderr}`);
}, 300_000);

afterAll(() => home[Symbol.dispose]());

describe("a release", () => {
  test("has an executable, raw and compressed, that is the same", async () => {
    const raw = readFileSync(`${release}/godwit-${HERE}`);
    expect(Buffer.from(Bun.gunzipSync(readFileSync(`${release}/godwit-${HERE}.gz`))).equals(raw)).toBe(true);
    const { stdout } = await sh(`${release}/godwit-${HERE} --version`);
    expect(stdout).toStartWith(`godwit ${VERSION} (Bun `);
  });

  test("has sums of all its files, which hold", async () => {
    const { stdout, exitCode } = await sh("sha256sum --check SHA256SUMS", release);
    expect(exitCode).toBe(0);
    const named = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/: OK$/, ""));
    const files = readdirSync(release, { recursive: true, encoding: "utf8" }).filter(
      (name) => statSync(`${release}/${name}`).isFile() && name !== "SHA256SUMS",
    );
    expect(named.sort()).toEqual(files.sort());
  });

  test("has a manifest without any time", () => {
    const text = readFileSync(`${release}/manifest.json`, "utf8");
    expect(JSON.parse(text)).toMatchObject({
      godwit: VERSION,
      bun: Bun.version,
      binaries: [
        {
          target: HERE,
          file: `godwit-${HERE}`,
          bytes: statSync(`${release}/godwit-${HERE}`).size,
          sqlite: "inside",
        },
      ],
    });
    expect(text).not.toMatch(/\d{4}-\d\d-\d\d/);
  });

  test("has a bill of what is inside: packages, the runtime and SQLite", () => {
    const text = readFileSync(`${release}/bill-of-materials.json`, "utf8");
    const bill = JSON.parse(text) as { bomFormat: string; components: { name: string; version: string }[] };
    expect(bill.bomFormat).toBe("CycloneDX");
    const names = bill.components.map(({ name }) => name);
    for (const name of ["citty", "@clack/prompts", "@bomb.sh/tab", "bun", "sqlite"])
      expect(names).toContain(name);
    expect(bill.components.find(({ name }) => name === "bun")?.version).toBe(Bun.version);
    expect(text).not.toMatch(/timestamp|serialNumber/);
  });
});

describe("install.sh", () => {
  test("puts the executable in place, from a folder", async () => {
    const { stdout, stderr, exitCode } = await sh(
      `sh ${INSTALL} --from ${release} --to ${home.join("a/bin")}`,
    );
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: `${home.join("a/bin/godwit")}\n`,
      stderr: "",
      exitCode: 0,
    });
    expect(readdirSync(home.join("a/bin"))).toEqual(["godwit"]);
    expect((await sh("./a/bin/godwit --version")).stdout).toStartWith(`godwit ${VERSION} `);
  });

  test("and from a URL", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: ({ url }) => new Response(Bun.file(`${release}${new URL(url).pathname}`)),
    });
    const { stderr, exitCode } = await sh(
      `sh ${INSTALL} --from http://localhost:${server.port}/ --to ${home.join("b")}`,
    );
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect((await sh("./b/godwit --version")).exitCode).toBe(0);
  });

  test("refuses what is not what the release names, and leaves what is there", async () => {
    cpSync(release, home.join("bad"), { recursive: true });
    const file = home.join(`bad/godwit-${HERE}.gz`);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    home.write("c/godwit", "the one before");
    const { stdout, stderr, exitCode } = await sh(`sh ${INSTALL} --from bad --to c`);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toContain(`godwit-${HERE}.gz is not what the release names`);
    expect(readFileSync(home.join("c/godwit"), "utf8")).toBe("the one before");
    expect(readdirSync(home.join("c"))).toEqual(["godwit"]);
  });

  test.each([
    ["", 2, "say where the release lies"],
    ["--from", 2, "--from needs a value"],
    ["--form x", 2, "unknown argument --form"],
    ["--from nowhere --to d", 1, "there is no nowhere/SHA256SUMS"],
    ["--from release --to d --target linux-x86", 1, "the release has no godwit-linux-x86.gz"],
    ["--from http://localhost:9 --to d", 1, "http://localhost:9/SHA256SUMS cannot be fetched"],
  ])("refuses %j", async (args, code, why) => {
    const { stderr, exitCode } = await sh(`sh ${INSTALL} ${args}`);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(`install.sh: ${why}`);
    expect(existsSync(home.join("d/godwit"))).toBe(false);
  });
});

describe("the npm packages", () => {
  test("give the command to Node, and the library with its types to Bun", async () => {
    home.write("app/package.json", '{ "name": "app", "private": true }');
    const packages = readdirSync(`${release}/npm`).map((name) => `${release}/npm/${name}`);
    const app = home.join("app");
    const installed = await sh(
      `npm install --offline --no-audit --no-fund --ignore-scripts ${packages.join(" ")}`,
      app,
    );
    expect({ stderr: installed.stderr, exitCode: installed.exitCode }).toMatchObject({ exitCode: 0 });
    expect((await sh("node_modules/.bin/godwit --version", app)).stdout).toStartWith(`godwit ${VERSION} `);
    expect((await sh("node_modules/.bin/godwit nothing", app)).exitCode).toBe(2);
    home.write("app/migrations/20260101000001_a.sql", "CREATE TABLE a (id);");
    home.write(
      "app/main.ts",
      `import { MigrationManager, type MigrationStatus } from "godwit";
const manager = new MigrationManager("app.db", "migrations");
await manager.migrate();
const status: readonly MigrationStatus[] = await manager.getStatus();
console.log(status.map(({ state }) => state).join());
`,
    );
    expect((await sh(`${process.execPath} main.ts`, app)).stdout).toBe("applied\n");
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: "preserve",
      moduleResolution: "bundler",
      target: "esnext",
      typeRoots: [resolve(ROOT, "node_modules/@types")],
      types: ["bun"],
    };
    home.write("app/tsconfig.json", JSON.stringify({ compilerOptions, include: ["main.ts"] }));
    expect((await sh(resolve(ROOT, "node_modules/.bin/tsc"), app)).stdout).toBe("");
  });

  test("say what is missing where a platform's package is", async () => {
    home.write("alone/package.json", '{ "name": "alone", "private": true }');
    const alone = home.join("alone");
    await sh(
      `npm install --offline --no-audit --no-fund --ignore-scripts --omit=optional ${release}/npm/godwit-${VERSION}.tgz`,
      alone,
    );
    const { stderr, exitCode } = await sh("node_modules/.bin/godwit --version", alone);
    expect(exitCode).toBe(2);
    expect(stderr).toStartWith(`godwit: the package @godwit/${HERE} is not installed`);
  });
});
