import type { History } from "../history/history.ts";
import type { FinishedStep } from "./events.ts";
import type { PreparedStep } from "./prepare.ts";

/** Says which steps are due, given the history as it stands under the lock and what this run has done already. */
export type Replan = (history: History, done: readonly FinishedStep[]) => Promise<ReplanAnswer>;

/** `retry`: the plan needs files that are not prepared yet; they must not be imported while the lock is held. */
type ReplanAnswer = { readonly steps: readonly PreparedStep[] } | { readonly retry: () => Promise<void> };
