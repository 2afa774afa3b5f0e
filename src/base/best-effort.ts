/** Does what may fail without harm to what was asked for. Only what has a code is passed over, an error of the system or a failure: the rest is a bug. */
export function bestEffort(action: () => void): void {
  try {
    action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
