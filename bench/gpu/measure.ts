export interface Timed {
  /** Wall clock of one call, ms: the median of several. */
  readonly ms: number;
  readonly best: number;
  /** CPU of this process in one call, ms. */
  readonly cpu: number;
  readonly calls: number;
}

/** Calls `work` for about `seconds`, after one call that is not counted; each must wait for what it started. */
export async function timed(seconds: number, work: () => unknown): Promise<Timed> {
  await work();
  const walls: number[] = [];
  const cpuFrom = process.cpuUsage();
  const start = performance.now();
  do {
    const from = performance.now();
    await work();
    walls.push(performance.now() - from);
  } while (performance.now() - start < seconds * 1000 || walls.length < 3);
  const { user, system } = process.cpuUsage(cpuFrom);
  const sorted = walls.sort((a, b) => a - b);
  return {
    ms: sorted[sorted.length >> 1]!,
    best: sorted[0]!,
    cpu: (user + system) / 1000 / walls.length,
    calls: walls.length,
  };
}
