import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of the test's own, gone when the test's scope ends. */
export class TempDir implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "godwit-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }

  join(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  /** Writes a file, making the folders above it. @returns its path. */
  write(relativePath: string, content: string | Uint8Array): string {
    const file = this.join(relativePath);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }
}
