import type { GodwitError } from "../../base/failure.ts";
import type { RunEvent } from "../../engine/events.ts";
import type { CommandResult } from "../results.ts";

/** Shows what happens; nothing else prints. */
export interface Reporter {
  /** The command is known, and, where it works on one, the database. */
  begin(command: string, database: string | null): void;
  event(event: RunEvent): void;
  finish(result: CommandResult): void;
  fail(error: GodwitError): void;
}

/** One handler for each kind of event: a new kind does not compile before every reporter has an answer to it. */
export type EventHandlers = {
  readonly [Kind in RunEvent["kind"]]: (event: Extract<RunEvent, { kind: Kind }>) => void;
};

export function dispatch(handlers: EventHandlers, event: RunEvent): void {
  (handlers[event.kind] as (event: RunEvent) => void)(event);
}
