import { appendFileSync } from "node:fs";
import type { GodwitError } from "../../base/failure.ts";
import { randomHex } from "../../base/random.ts";
import type { FinishedStep, RunEvent } from "../../engine/events.ts";
import type { Output } from "../output.ts";
import type { Reporter } from "../reporters/reporter.ts";
import type { CommandResult } from "../results.ts";
import type { Environment } from "../settings.ts";
import {
  type Annotation,
  annotateFailure,
  annotateNote,
  annotateResult,
  annotationLine,
} from "./annotations.ts";
import { summaryOf, summaryOfFailure } from "./job-summary.ts";

/**
 * In a job of GitHub Actions: shows what another reporter shows, and tells GitHub of what went wrong, at its file and line, and of what was done, for
 * the job's summary. It reads stderr as it reads stdout, which carries results.
 */
export class GithubReporter implements Reporter {
  private readonly inner: Reporter;
  private readonly stderr: Output;
  private readonly env: Environment;
  private readonly notes: Annotation[] = [];
  /** Ends the time in which GitHub reads no commands; null outside of it. */
  private token: string | null = null;
  private readonly done: FinishedStep[] = [];
  private command = "";
  private database: string | null = null;

  constructor(inner: Reporter, stderr: Output, env: Environment) {
    this.inner = inner;
    this.stderr = stderr;
    this.env = env;
  }

  begin(command: string, database: string | null): void {
    this.stop();
    this.command = command;
    this.database = database;
    this.inner.begin(command, database);
  }

  event(event: RunEvent): void {
    this.inner.event(event);
    if (event.kind === "note") this.notes.push(annotateNote(event));
    if (event.kind === "migration-applied" || event.kind === "migration-rolled-back")
      this.done.push({ ...event.migration, executionTimeMs: event.executionTimeMs });
  }

  finish(result: CommandResult): void {
    this.inner.finish(result);
    this.resume();
    this.annotate(annotateResult(result));
    this.summarise(summaryOf(result));
  }

  fail(error: GodwitError): void {
    this.inner.fail(error);
    this.resume();
    this.annotate([annotateFailure(error)]);
    const { command, database, done } = this;
    if (command !== "") this.summarise(summaryOfFailure(command, { database, done, error }));
  }

  /** What a migration prints, or what stands in its rows, must not be taken for a command of a workflow. */
  private stop(): void {
    if (this.token !== null) return;
    this.token = randomHex(16);
    this.stderr.line(`::stop-commands::${this.token}`);
    this.stderr.flush();
  }

  private resume(): void {
    if (this.token === null) return;
    this.stderr.line(`::${this.token}::`);
    this.token = null;
    this.annotate(this.notes.splice(0));
  }

  private annotate(annotations: readonly Annotation[]): void {
    for (const annotation of annotations)
      this.stderr.line(annotationLine(annotation, this.env["GITHUB_WORKSPACE"]));
  }

  /** A summary that cannot be written fails no migration that is done. */
  private summarise(text: string | null): void {
    const file = this.env["GITHUB_STEP_SUMMARY"];
    if (text === null || file === undefined || file === "") return;
    try {
      appendFileSync(file, text);
    } catch (cause) {
      this.stderr.line(`::debug::godwit: no summary: ${(cause as Error).message}`);
    }
  }
}
