/** What the runtime has changed of what a process inherits, and what it was before. */
export interface Inheritance {
  /** Signals that the runtime ignores, and that were not ignored when the process began. */
  readonly unignored: readonly string[];
  /** How many files the process might open, where that is known and not what it is now. */
  readonly openFiles: { readonly soft: bigint; readonly hard: bigint } | null;
}

/** Texts of Linux's `/proc`, https://man7.org/linux/man-pages/man5/proc_pid.5.html */
export interface ProcessFiles {
  /** `/proc/self/limits` */
  readonly limits: string;
  /** Of the process that started this one; null where there is none to be seen, as in a container. */
  readonly parent: { readonly limits: string; readonly status: string; readonly name: string } | null;
}

const SIGPIPE = 13n;

/** What systemd gives a service that asks for nothing else: DefaultLimitNOFILE of systemd-system.conf(5) */
const SYSTEMD_DEFAULT = { soft: 1024n, hard: 524_288n };

/**
 * Bun ignores SIGPIPE and SIGXFSZ and lifts the soft limit of open files to the hard one before any code runs, and an exec keeps that. What was before
 * nobody has kept: the parent tells, which gives its children what it has itself. systemd does not: it gives services SIGPIPE ignored
 * (IgnoreSIGPIPE of systemd.exec(5)) and limits of their own. Where nothing tells, the limit stays. Pure.
 */
export function inheritance({ limits, parent }: ProcessFiles): Inheritance {
  const isService = parent?.name === "systemd";
  const keepsPipe = isService && ignores(parent.status, SIGPIPE);
  return {
    unignored: keepsPipe ? ["SIGXFSZ"] : ["SIGPIPE", "SIGXFSZ"],
    openFiles: openFilesBefore(
      openFiles(limits),
      parent === null ? null : openFiles(parent.limits),
      isService,
    ),
  };
}

interface Limit {
  readonly soft: bigint | null;
  readonly hard: bigint | null;
}

function openFilesBefore(own: Limit, parent: Limit | null, isService: boolean): Inheritance["openFiles"] {
  const { soft, hard } = own;
  if (hard === null || soft === null) return null;
  if (isService) return hard === SYSTEMD_DEFAULT.hard ? SYSTEMD_DEFAULT : null;
  if (parent === null || parent.hard !== hard || parent.soft === null || parent.soft >= soft) return null;
  return { soft: parent.soft, hard };
}

/** Null for what is unlimited, or not there. */
function openFiles(limits: string): Limit {
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits) ?? [];
  return { soft: soft === undefined ? null : BigInt(soft), hard: hard === undefined ? null : BigInt(hard) };
}

function ignores(status: string, signal: bigint): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> (signal - 1n)) & 1n) === 1n;
}
