import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOf, type Shape } from "./file-shapes.ts";
import { type Kind, stepsOf } from "./migration-steps.ts";

/** The folders of migrations that contenders share, each written when the first of them asks for it. */
export class FileSets {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(shape: Shape, kind: Kind, count: number): string {
    return join(this.folder, `${shape}-${kind}-${count}`);
  }

  write(shape: Shape, kind: Kind, count: number): void {
    const path = this.pathOf(shape, kind, count);
    if (existsSync(path)) return;
    for (const { name, text } of filesOf(shape, stepsOf(kind, count))) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
  }

  scriptPathOf(kind: Kind, count: number): string {
    return join(this.folder, `${kind}-${count}.sql`);
  }

  /** All that the migrations do, in one file. */
  writeScript(kind: Kind, count: number): void {
    mkdirSync(this.folder, { recursive: true });
    const text = stepsOf(kind, count)
      .map(({ up }) => `${up}\n`)
      .join("");
    writeFileSync(this.scriptPathOf(kind, count), text);
  }
}
