// AssemblyScript. compile-kernel.ts turns it into models-bytes.ts; a test holds the two equal.
//
// Rows of the sums: row i holds S[i, i…D) and then Q[i, 0…C), one row after the other, float64. Every element sees the same
// operations in the same order as on typed arrays (detectors/learners/information.ts): the results have the same bits.

/** Row i of the sums += Σ_r v_r[i]·v_r[i…width), r in order; v: [events, width]. */
export function accumulate(sums: usize, v: usize, events: i32, features: i32, width: i32): void {
  const stride = <usize>width << 3;
  let row = sums;
  for (let i = 0; i < features; i += 2) {
    const two = i + 1 < features;
    const length = <usize>(width - i) << 3;
    const next = row + length;
    let at = v + (<usize>i << 3);
    let r = 0;
    if (two) {
      for (; r + 5 <= events; r += 5) {
        addFive(row, length, at, stride);
        at += 5 * stride;
      }
    }
    for (; r < events; r++) {
      addOne(row, length, at);
      if (two) addOne(next, length - 8, at + 8);
      at += stride;
    }
    row = next + (two ? length - 8 : 0);
  }
}

/** Five events into a row and the one after it: each number of theirs is loaded once. */
function addFive(row: usize, length: usize, a: usize, stride: usize): void {
  const b = a + stride, c = b + stride, d = c + stride, e = d + stride;
  const va = v128.load64_splat(a), vb = v128.load64_splat(b), vc = v128.load64_splat(c);
  const vd = v128.load64_splat(d), ve = v128.load64_splat(e);
  const wa = v128.load64_splat(a, 8), wb = v128.load64_splat(b, 8), wc = v128.load64_splat(c, 8);
  const wd = v128.load64_splat(d, 8), we = v128.load64_splat(e, 8);
  let first = load<f64>(row);
  first += load<f64>(a) * load<f64>(a);
  first += load<f64>(b) * load<f64>(b);
  first += load<f64>(c) * load<f64>(c);
  first += load<f64>(d) * load<f64>(d);
  first += load<f64>(e) * load<f64>(e);
  store<f64>(row, first);
  // Both rows run over the columns after; the row itself has one more in front.
  const next = row + length - 8;
  const pairs = (length - 8) & ~15;
  let j: usize = 8;
  for (; j < pairs + 8; j += 16) {
    let x = v128.load(row + j);
    let y = v128.load(next + j);
    let p = v128.load(a + j);
    x = f64x2.add(x, f64x2.mul(va, p));
    y = f64x2.add(y, f64x2.mul(wa, p));
    p = v128.load(b + j);
    x = f64x2.add(x, f64x2.mul(vb, p));
    y = f64x2.add(y, f64x2.mul(wb, p));
    p = v128.load(c + j);
    x = f64x2.add(x, f64x2.mul(vc, p));
    y = f64x2.add(y, f64x2.mul(wc, p));
    p = v128.load(d + j);
    x = f64x2.add(x, f64x2.mul(vd, p));
    y = f64x2.add(y, f64x2.mul(wd, p));
    p = v128.load(e + j);
    x = f64x2.add(x, f64x2.mul(ve, p));
    y = f64x2.add(y, f64x2.mul(we, p));
    v128.store(row + j, x);
    v128.store(next + j, y);
  }
  if (j < length) {
    let x = load<f64>(row + j);
    x += load<f64>(a) * load<f64>(a + j);
    x += load<f64>(b) * load<f64>(b + j);
    x += load<f64>(c) * load<f64>(c + j);
    x += load<f64>(d) * load<f64>(d + j);
    x += load<f64>(e) * load<f64>(e + j);
    store<f64>(row + j, x);
    let y = load<f64>(next + j);
    y += load<f64>(a + 8) * load<f64>(a + j);
    y += load<f64>(b + 8) * load<f64>(b + j);
    y += load<f64>(c + 8) * load<f64>(c + j);
    y += load<f64>(d + 8) * load<f64>(d + j);
    y += load<f64>(e + 8) * load<f64>(e + j);
    store<f64>(next + j, y);
  }
}

function addOne(row: usize, length: usize, at: usize): void {
  const va = v128.load64_splat(at);
  const pairs = length & ~15;
  let j: usize = 0;
  for (; j < pairs; j += 16) {
    v128.store(row + j, f64x2.add(v128.load(row + j), f64x2.mul(va, v128.load(at + j))));
  }
  if (j < length) store<f64>(row + j, load<f64>(row + j) + load<f64>(at) * load<f64>(at + j));
}

/** Rows that take what the rows above say together: of a large triangle each of these is fetched once for all of them. */
const ROWS = 8;
const ABOVE = 8;

/** In place: U with UᵀU = G and Y with UᵀY = Q. (largest / smallest pivot), or −1 where rounding left nothing to factor. */
export function factor(u: usize, features: i32, outputs: i32, leastPivot: f64): f64 {
  const width = features + outputs;
  let least = f64.MAX_VALUE;
  let most: f64 = 0;
  for (let first = 0; first < features; first += ROWS) {
    const end = min(first + ROWS, features);
    for (let k = 0; k < first; k += ABOVE) {
      for (let i = first; i < end; i += 2) {
        const row = place(u, i, i, width);
        if (i + 1 < features) above2(u, row, i, k, k + ABOVE, width);
        else above(u, row, i, k, k + ABOVE, width);
      }
    }
    for (let i = first; i < end; i += 2) {
      const row = place(u, i, i, width);
      const two = i + 1 < features;
      const length = <usize>(width - i) << 3;
      // The row and the one after it take what the rows above say in one go.
      if (two) above2(u, row, i, first, i, width);
      else above(u, row, i, first, i, width);
      let pivot = load<f64>(row);
      if (!(pivot > leastPivot * most)) return -1;
      least = min(least, pivot);
      most = max(most, pivot);
      divide(row, length, 1 / Math.sqrt(pivot));
      if (two) {
        const next = row + length;
        above(u, next, i + 1, i, i + 1, width);
        pivot = load<f64>(next);
        if (!(pivot > leastPivot * most)) return -1;
        least = min(least, pivot);
        most = max(most, pivot);
        divide(next, length - 8, 1 / Math.sqrt(pivot));
      }
    }
  }
  return isFinite(most) ? most / least : -1;
}

/** Address of U[k, i] where row 0 begins at u. */
// @ts-ignore: decorator
@inline
function place(u: usize, k: i32, i: i32, width: i32): usize {
  return u + (<usize>(k * width - (k * (k - 1)) / 2 + i - k) << 3);
}

/** Row i −= Σ_{from ≤ k < to} U[k, i]·U[k, i…), k in order. */
function above(u: usize, row: usize, i: i32, from: i32, to: i32, width: i32): void {
  const length = <usize>(width - i) << 3;
  const pairs = length & ~15;
  let a = place(u, from, i, width);
  let k = from;
  for (; k + 4 <= to; k += 4) {
    const b = a + (<usize>(width - k - 1) << 3);
    const c = b + (<usize>(width - k - 2) << 3);
    const d = c + (<usize>(width - k - 3) << 3);
    const ua = v128.load64_splat(a), ub = v128.load64_splat(b), uc = v128.load64_splat(c), ud = v128.load64_splat(d);
    let j: usize = 0;
    for (; j < pairs; j += 16) {
      let x = v128.load(row + j);
      x = f64x2.sub(x, f64x2.mul(ua, v128.load(a + j)));
      x = f64x2.sub(x, f64x2.mul(ub, v128.load(b + j)));
      x = f64x2.sub(x, f64x2.mul(uc, v128.load(c + j)));
      x = f64x2.sub(x, f64x2.mul(ud, v128.load(d + j)));
      v128.store(row + j, x);
    }
    if (j < length) {
      let x = load<f64>(row + j);
      x -= load<f64>(a) * load<f64>(a + j);
      x -= load<f64>(b) * load<f64>(b + j);
      x -= load<f64>(c) * load<f64>(c + j);
      x -= load<f64>(d) * load<f64>(d + j);
      store<f64>(row + j, x);
    }
    a = d + (<usize>(width - k - 4) << 3);
  }
  for (; k < to; k++) {
    const ua = v128.load64_splat(a);
    let j: usize = 0;
    for (; j < pairs; j += 16) {
      v128.store(row + j, f64x2.sub(v128.load(row + j), f64x2.mul(ua, v128.load(a + j))));
    }
    if (j < length) store<f64>(row + j, load<f64>(row + j) - load<f64>(a) * load<f64>(a + j));
    a += <usize>(width - k - 1) << 3;
  }
}

/** The same for rows i and i + 1: each U[k, …] is loaded once. */
function above2(u: usize, row: usize, i: i32, from: i32, to: i32, width: i32): void {
  const length = <usize>(width - i) << 3;
  // Both rows run over columns i + 1 …; row i has column i in front.
  const next = row + length - 8;
  const pairs = (length - 8) & ~15;
  let a = place(u, from, i, width);
  let k = from;
  for (; k + 4 <= to; k += 4) {
    const b = a + (<usize>(width - k - 1) << 3);
    const c = b + (<usize>(width - k - 2) << 3);
    const d = c + (<usize>(width - k - 3) << 3);
    const ua = v128.load64_splat(a), ub = v128.load64_splat(b), uc = v128.load64_splat(c), ud = v128.load64_splat(d);
    const wa = v128.load64_splat(a, 8), wb = v128.load64_splat(b, 8), wc = v128.load64_splat(c, 8), wd = v128.load64_splat(d, 8);
    let first = load<f64>(row);
    first -= load<f64>(a) * load<f64>(a);
    first -= load<f64>(b) * load<f64>(b);
    first -= load<f64>(c) * load<f64>(c);
    first -= load<f64>(d) * load<f64>(d);
    store<f64>(row, first);
    let j: usize = 8;
    for (; j < pairs + 8; j += 16) {
      let x = v128.load(row + j);
      let y = v128.load(next + j);
      let p = v128.load(a + j);
      x = f64x2.sub(x, f64x2.mul(ua, p));
      y = f64x2.sub(y, f64x2.mul(wa, p));
      p = v128.load(b + j);
      x = f64x2.sub(x, f64x2.mul(ub, p));
      y = f64x2.sub(y, f64x2.mul(wb, p));
      p = v128.load(c + j);
      x = f64x2.sub(x, f64x2.mul(uc, p));
      y = f64x2.sub(y, f64x2.mul(wc, p));
      p = v128.load(d + j);
      x = f64x2.sub(x, f64x2.mul(ud, p));
      y = f64x2.sub(y, f64x2.mul(wd, p));
      v128.store(row + j, x);
      v128.store(next + j, y);
    }
    if (j < length) {
      let x = load<f64>(row + j);
      x -= load<f64>(a) * load<f64>(a + j);
      x -= load<f64>(b) * load<f64>(b + j);
      x -= load<f64>(c) * load<f64>(c + j);
      x -= load<f64>(d) * load<f64>(d + j);
      store<f64>(row + j, x);
      let y = load<f64>(next + j);
      y -= load<f64>(a + 8) * load<f64>(a + j);
      y -= load<f64>(b + 8) * load<f64>(b + j);
      y -= load<f64>(c + 8) * load<f64>(c + j);
      y -= load<f64>(d + 8) * load<f64>(d + j);
      store<f64>(next + j, y);
    }
    a = d + (<usize>(width - k - 4) << 3);
  }
  if (k < to) {
    above(u, row, i, k, to, width);
    above(u, next + 8, i + 1, k, to, width);
  }
}

// @ts-ignore: decorator
@inline
function divide(row: usize, length: usize, by: f64): void {
  const all = f64x2.splat(by);
  const pairs = length & ~15;
  let j: usize = 0;
  for (; j < pairs; j += 16) v128.store(row + j, f64x2.mul(v128.load(row + j), all));
  if (j < length) store<f64>(row + j, load<f64>(row + j) * by);
}

/** W from UW = Y, last row first, four outputs at a time; w: [outputs, features]. */
export function substitute(u: usize, features: i32, outputs: i32, w: usize): void {
  let c = 0;
  for (; c + 4 <= outputs; c += 4) back4(u, features, outputs, w, c);
  for (; c < outputs; c++) back(u, features, outputs, w, c);
}

function back(u: usize, features: i32, outputs: i32, w: usize, c: i32): void {
  const width = features + outputs;
  let row = place(u, features, features, width);
  for (let k = features - 1; k >= 0; k--) {
    const tail = <usize>(features - k - 1) << 3;
    row -= tail + (<usize>(1 + outputs) << 3);
    const pairs = tail & ~15;
    const to = w + (<usize>(c * features + k) << 3);
    let sum = f64x2.splat(0);
    let j: usize = 8;
    for (; j < pairs + 8; j += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(row + j), v128.load(to + j)));
    finish(row, tail, j, to, row + tail + 8 + (<usize>c << 3), sum);
  }
}

function back4(u: usize, features: i32, outputs: i32, w: usize, c: i32): void {
  const width = features + outputs;
  const stride = <usize>features << 3;
  let row = place(u, features, features, width);
  for (let k = features - 1; k >= 0; k--) {
    const tail = <usize>(features - k - 1) << 3;
    row -= tail + (<usize>(1 + outputs) << 3);
    const pairs = tail & ~15;
    const a = w + (<usize>(c * features + k) << 3);
    const b = a + stride, e = b + stride, d = e + stride;
    let sa = f64x2.splat(0), sb = f64x2.splat(0), se = f64x2.splat(0), sd = f64x2.splat(0);
    let j: usize = 8;
    for (; j < pairs + 8; j += 16) {
      const v = v128.load(row + j);
      sa = f64x2.add(sa, f64x2.mul(v, v128.load(a + j)));
      sb = f64x2.add(sb, f64x2.mul(v, v128.load(b + j)));
      se = f64x2.add(se, f64x2.mul(v, v128.load(e + j)));
      sd = f64x2.add(sd, f64x2.mul(v, v128.load(d + j)));
    }
    const y = row + tail + 8 + (<usize>c << 3);
    finish(row, tail, j, a, y, sa);
    finish(row, tail, j, b, y + 8, sb);
    finish(row, tail, j, e, y + 16, se);
    finish(row, tail, j, d, y + 24, sd);
  }
}

/** W at `to` from its target at y and what those after it say: pairs so far, and one that may be left at j. */
// @ts-ignore: decorator
@inline
function finish(row: usize, tail: usize, j: usize, to: usize, y: usize, sum: v128): void {
  let even = f64x2.extract_lane(sum, 0);
  if (j < tail + 8) even += load<f64>(row + j) * load<f64>(to + j);
  store<f64>(to, (load<f64>(y) - (even + f64x2.extract_lane(sum, 1))) / load<f64>(row));
}
