/** Does what may fail on the disk without harm to what was asked for. Anything but an error of the system is thrown on. */
export function bestEffort(action: () => void): void {
  try {
    action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
