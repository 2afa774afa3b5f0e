import { faults } from "./faults.ts";
import { powerCuts } from "./power-cuts.ts";
import type { Section } from "./section.ts";

/** In the order in which they run. */
export const SECTIONS: readonly Section[] = [faults, powerCuts];
