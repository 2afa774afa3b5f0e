import { backups } from "./backups.ts";
import { corruptFiles } from "./corrupt-files.ts";
import { faults } from "./faults.ts";
import { inputs } from "./inputs.ts";
import { kills } from "./kills.ts";
import { parserFuzz } from "./parser-fuzz.ts";
import { powerCuts } from "./power-cuts.ts";
import { rebuilds } from "./rebuilds.ts";
import { restores } from "./restores.ts";
import { runners } from "./runners.ts";
import type { Section } from "./section.ts";
import { seededBugs } from "./seeded-bugs.ts";

/** In the order in which they run. */
export const SECTIONS: readonly Section[] = [
  faults,
  powerCuts,
  kills,
  runners,
  backups,
  restores,
  corruptFiles,
  inputs,
  rebuilds,
  parserFuzz,
  seededBugs,
];
