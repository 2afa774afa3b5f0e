import { cleanEnvironment, exitOf } from "./run-godwit.ts";

const SCRIPT = `
import { Database } from "bun:sqlite";
const db = new Database(process.argv.at(-1));
for await (const line of console) {
  try {
    console.log(JSON.stringify({ rows: db.query(JSON.parse(line)).values() }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? error.message }));
  }
}
`;

/** A connection to a database in a process of its own: what it holds, others feel. */
export class SqlProcess implements Disposable {
  readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  private readonly answers: AsyncIterator<string>;

  constructor(path: string) {
    this.child = Bun.spawn([process.execPath, "-e", SCRIPT, path], {
      env: cleanEnvironment(),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      timeout: 30_000,
      killSignal: "SIGKILL",
    });
    this.answers = linesOf(this.child.stdout)[Symbol.asyncIterator]();
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }

  /** Runs one statement. @returns its rows. */
  async run(sql: string): Promise<unknown[][]> {
    this.child.stdin.write(`${JSON.stringify(sql)}\n`);
    await this.child.stdin.flush();
    const { value } = await this.answers.next();
    const { rows, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(`${sql}: ${error}`);
    return rows;
  }

  /** Closes the connection as a program does that ends well. */
  async end(): Promise<void> {
    this.child.stdin.end();
    await exitOf(this.child);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
