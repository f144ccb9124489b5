/** 4 significant digits. */
export function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}

/** An event's index with thousands apart. */
export function place(index: number): string {
  return String(index).replace(/\B(?=(\d{3})+$)/g, ",");
}
