import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** The processes under test take one core each; the checks run between them. */
const WORKERS = Math.max(2, Math.min(4, availableParallelism()));

/** Takes the items one by one, some side by side, each worker in a folder of its own; stops early where `shouldStop` says so. */
export async function sideBySide<T>(
  items: readonly T[],
  folder: string,
  action: (item: T, folder: string, index: number) => Promise<void>,
  shouldStop: () => boolean,
): Promise<void> {
  let next = 0;
  const work = async (worker: number) => {
    const own = join(folder, `worker-${worker}`);
    mkdirSync(own, { recursive: true });
    while (next < items.length && !shouldStop()) {
      const index = next++;
      await action(items[index]!, own, index);
    }
    rmSync(own, { recursive: true });
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
}
