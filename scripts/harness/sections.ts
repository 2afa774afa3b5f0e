import { corruptFiles } from "./corrupt-files.ts";
import { faults } from "./faults.ts";
import { kills } from "./kills.ts";
import { powerCuts } from "./power-cuts.ts";
import { runners } from "./runners.ts";
import type { Section } from "./section.ts";

/** In the order in which they run. */
export const SECTIONS: readonly Section[] = [faults, powerCuts, kills, runners, corruptFiles];
