import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");

interface Component {
  readonly [key: string]: unknown;
  readonly "bom-ref": string;
}

interface Bill {
  serialNumber?: string;
  metadata: { timestamp?: string; tools?: unknown; component: Record<string, unknown> };
  components: Component[];
  [key: string]: unknown;
}

/** CycloneDX, as npm writes it of what the executable bundles, with the runtime and SQLite; without what differs each time. */
export function billOfMaterials(): Bill {
  const bill = npmBill();
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  // Which npm wrote it is none of what is inside.
  delete bill.metadata.tools;
  const { name, version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  bill.metadata.component = { ...bill.metadata.component, type: "application", name, version };
  bill.components.push(
    runtimeComponent("bun", Bun.version, "pkg:npm/bun", "MIT"),
    runtimeComponent("sqlite", sqliteInside(), "pkg:generic/sqlite", "blessing"),
  );
  return bill;
}

function npmBill(): Bill {
  const command = ["npm", "sbom", "--omit", "dev", "--sbom-format", "cyclonedx", "--package-lock-only"];
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: ROOT });
  if (exitCode !== 0) throw new Error(`npm sbom: ${stderr.toString()}`);
  return JSON.parse(stdout.toString()) as Bill;
}

function sqliteInside(): string {
  const { Database } = require("bun:sqlite") as typeof import("bun:sqlite");
  using db = new Database(":memory:");
  return String(db.query("SELECT sqlite_version()").values()[0]![0]);
}

function runtimeComponent(name: string, version: string, url: string, license: string): Component {
  return {
    "bom-ref": `${name}@${version}`,
    type: "library",
    name,
    version,
    scope: "required",
    purl: `${url}@${version}`,
    licenses: [{ license: { id: license } }],
  };
}
