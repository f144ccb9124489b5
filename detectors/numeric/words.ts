/** 4 significant digits. */
export function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}

/** An event's index with thousands apart. */
export function place(index: number): string {
  return String(index).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function percent(rate: number): string {
  return `${short(Number((100 * rate).toPrecision(3)))} %`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** A period that was estimated: hours, days and weeks where it may be one. */
export function nearly(ms: number): string {
  const known = [3_600_000, 86_400_000, 604_800_000].find((one) => Math.abs(ms / one - 1) < 0.06);
  return duration(known ?? ms);
}

/** As options spell it: 24h, 7d, 90m. */
export function duration(ms: number): string {
  const [unit, size] = UNITS.find(([unit, size]) => ms >= (unit === "d" ? 2 : 1) * 0.995 * size) ?? UNITS[3];
  const count = ms / size;
  return `${Number(Math.abs(count - Math.round(count)) < 0.01 * count ? Math.round(count) : count.toPrecision(2))}${unit}`;
}
