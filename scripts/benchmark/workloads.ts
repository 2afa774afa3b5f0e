import type { Workload } from "./workload.ts";
import { apply1000, apply10000, inserts, typescript200 } from "./workloads/apply.ts";
import { largeFile } from "./workloads/large-file.ts";
import { noOp1000, noOp10000 } from "./workloads/no-op.ts";
import { rollback1000 } from "./workloads/rollback.ts";
import { typescript1m, update2m } from "./workloads/rows.ts";
import { status10000 } from "./workloads/status.ts";
import { version } from "./workloads/version.ts";

/** In the order of the table. */
export const WORKLOADS: readonly Workload[] = [
  version,
  noOp1000,
  noOp10000,
  apply1000,
  apply10000,
  inserts,
  rollback1000,
  status10000,
  typescript200,
  largeFile,
  update2m,
  typescript1m,
];
