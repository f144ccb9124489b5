// AssemblyScript. compile-kernel.ts turns it into kernel-bytes.ts; a test holds the two equal.
//
// Panels: four rows side by side, 16 bytes of each in turn, so one pointer walks all four; queries lie row by row, both filled
// up with zeros to whole chunks of four. Element i of a product goes to partial sum i mod 4; then (s0+s1)+(s2+s3).
// Two queries with a panel, or one with two panels, fill the registers; every path adds in the same order: a result does
// not depend on its batch.

/**
 * The k largest products of each query with the rows; products and indices hold what earlier panels gave.
 * k = 0: every product instead, rows rounded up to whole panels; indices are not used.
 */
export function nearest(
  panels: usize,
  rows: i32,
  chunks: i32,
  queries: usize,
  count: i32,
  k: i32,
  products: usize,
  indices: usize,
): void {
  const panelBytes = <usize>chunks << 6;
  const queryBytes = <usize>chunks << 4;
  const topBytes = k == 0 ? <usize>((rows + 3) & ~3) << 2 : <usize>k << 2;
  const odd = (count & 1) == 1;
  for (let row = 0; row < rows; row += 4) {
    let query = queries;
    let top = products;
    let topIndex = indices;
    for (let left = count; left >= 2; left -= 2) {
      pair(panels, query, queryBytes, row, rows, k, top, topIndex, topBytes);
      query += queryBytes << 1;
      top += topBytes << 1;
      topIndex += topBytes << 1;
    }
    if (odd) {
      if (row & 4) twoPanels(panels - panelBytes, panelBytes, query, row - 4, rows, k, top, topIndex);
      else if (row + 4 >= rows) single(panels, panelBytes, query, row, rows, k, top, topIndex);
    }
    panels += panelBytes;
  }
}

function pair(
  panel: usize,
  query: usize,
  queryBytes: usize,
  row: i32,
  rows: i32,
  k: i32,
  top: usize,
  topIndex: usize,
  topBytes: usize,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  const end = query + queryBytes;
  let other = end;
  while (query < end) {
    const p = v128.load(query);
    const q = v128.load(other);
    let r = v128.load(panel);
    a0 = f32x4.add(a0, f32x4.mul(p, r));
    b0 = f32x4.add(b0, f32x4.mul(q, r));
    r = v128.load(panel, 16);
    a1 = f32x4.add(a1, f32x4.mul(p, r));
    b1 = f32x4.add(b1, f32x4.mul(q, r));
    r = v128.load(panel, 32);
    a2 = f32x4.add(a2, f32x4.mul(p, r));
    b2 = f32x4.add(b2, f32x4.mul(q, r));
    r = v128.load(panel, 48);
    a3 = f32x4.add(a3, f32x4.mul(p, r));
    b3 = f32x4.add(b3, f32x4.mul(q, r));
    panel += 64;
    query += 16;
    other += 16;
  }
  offer(total(a0, a1, a2, a3), row, rows, k, top, topIndex);
  offer(total(b0, b1, b2, b3), row, rows, k, top + topBytes, topIndex + topBytes);
}

function twoPanels(
  panel: usize,
  panelBytes: usize,
  query: usize,
  row: i32,
  rows: i32,
  k: i32,
  top: usize,
  topIndex: usize,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  const end = panel + panelBytes;
  let next = end;
  while (panel < end) {
    const p = v128.load(query);
    a0 = f32x4.add(a0, f32x4.mul(p, v128.load(panel)));
    b0 = f32x4.add(b0, f32x4.mul(p, v128.load(next)));
    a1 = f32x4.add(a1, f32x4.mul(p, v128.load(panel, 16)));
    b1 = f32x4.add(b1, f32x4.mul(p, v128.load(next, 16)));
    a2 = f32x4.add(a2, f32x4.mul(p, v128.load(panel, 32)));
    b2 = f32x4.add(b2, f32x4.mul(p, v128.load(next, 32)));
    a3 = f32x4.add(a3, f32x4.mul(p, v128.load(panel, 48)));
    b3 = f32x4.add(b3, f32x4.mul(p, v128.load(next, 48)));
    panel += 64;
    next += 64;
    query += 16;
  }
  offer(total(a0, a1, a2, a3), row, rows, k, top, topIndex);
  offer(total(b0, b1, b2, b3), row + 4, rows, k, top, topIndex);
}

function single(
  panel: usize,
  panelBytes: usize,
  query: usize,
  row: i32,
  rows: i32,
  k: i32,
  top: usize,
  topIndex: usize,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  const end = panel + panelBytes;
  while (panel < end) {
    const p = v128.load(query);
    a0 = f32x4.add(a0, f32x4.mul(p, v128.load(panel)));
    a1 = f32x4.add(a1, f32x4.mul(p, v128.load(panel, 16)));
    a2 = f32x4.add(a2, f32x4.mul(p, v128.load(panel, 32)));
    a3 = f32x4.add(a3, f32x4.mul(p, v128.load(panel, 48)));
    panel += 64;
    query += 16;
  }
  offer(total(a0, a1, a2, a3), row, rows, k, top, topIndex);
}

/** (s0+s1)+(s2+s3) of four rows at once. */
// @ts-ignore: decorator
@inline
function total(a0: v128, a1: v128, a2: v128, a3: v128): v128 {
  const low = f32x4.add(v128.shuffle<f32>(a0, a1, 0, 2, 4, 6), v128.shuffle<f32>(a0, a1, 1, 3, 5, 7));
  const high = f32x4.add(v128.shuffle<f32>(a2, a3, 0, 2, 4, 6), v128.shuffle<f32>(a2, a3, 1, 3, 5, 7));
  return f32x4.add(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7));
}

/** Most panels end at the one comparison. */
// @ts-ignore: decorator
@inline
function offer(four: v128, row: i32, rows: i32, k: i32, top: usize, topIndex: usize): void {
  if (k == 0) {
    v128.store(top + (<usize>row << 2), four);
    return;
  }
  if (v128.any_true(f32x4.gt(four, v128.load32_splat(top + (<usize>(k - 1) << 2))))) {
    insert(f32x4.extract_lane(four, 0), row, k, top, topIndex);
    if (row + 1 < rows) insert(f32x4.extract_lane(four, 1), row + 1, k, top, topIndex);
    if (row + 2 < rows) insert(f32x4.extract_lane(four, 2), row + 2, k, top, topIndex);
    if (row + 3 < rows) insert(f32x4.extract_lane(four, 3), row + 3, k, top, topIndex);
  }
}

/** Rows come in rising order, so what is equal stays behind what was first. */
function insert(product: f32, row: i32, k: i32, top: usize, topIndex: usize): void {
  let at = <usize>(k - 1) << 2;
  if (!(product > load<f32>(top + at))) return;
  while (at > 0 && product > load<f32>(top + at - 4)) {
    store<f32>(top + at, load<f32>(top + at - 4));
    store<i32>(topIndex + at, load<i32>(topIndex + at - 4));
    at -= 4;
  }
  store<f32>(top + at, product);
  store<i32>(topIndex + at, row);
}
