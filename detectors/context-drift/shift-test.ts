import type { Whitened } from "./whiten.ts";

/**
 * Generalised likelihood ratio over the turn at which one conversation left its level, given that the level itself is only
 * known as well as its turns and the fleet tell. For each turn c a step (and a ramp) of unknown size from c on is fitted:
 *   U = b'w − b'a·a'w/(a'a + τ⁻²),  I = b'b − (b'a)²/(a'a + τ⁻²),  Z_c = U/√I
 * b is the change as the whitened turns see it. One-sided: upwards. O(turns).
 */
export interface ShiftTest {
  /** Greatest Z over steps, and its place among the whitened turns. */
  step: number;
  stepAt: number;
  /** The same over ramps that had three turns or more. */
  ramp: number;
  rampAt: number;
}

export const NOTHING = -10;

export function testShift(v: Whitened, tau: number, length: number, out: ShiftTest): ShiftTest {
  const { w, a, r } = v;
  out.step = NOTHING;
  out.ramp = NOTHING;
  out.stepAt = 0;
  out.rampAt = 0;
  let aw = 0;
  let aa = 0;
  for (let k = 0; k < length; k++) {
    aw += a[k]! * w[k]!;
    aa += a[k]! * a[k]!;
  }
  const precision = aa + 1 / Math.max(1e-12, tau * tau);
  // Sums over the turns after k.
  let lateA = 0;
  let lateW = 0;
  let rampW = 0;
  let rampA = 0;
  let rampB = 0;
  for (let k = length - 1; k >= 0; k--) {
    const rk = r[k]!;
    rampB += 2 * rampA + lateA + rk * rk;
    rampW += lateW + rk * w[k]!;
    rampA += lateA + rk * a[k]!;
    if (rk > 0) {
      if (k > 0) {
        const bw = rk * w[k]! + lateW;
        const ba = rk * a[k]! + lateA;
        const z = score(bw, ba, rk * rk + lateA, aw, precision);
        if (z > out.step) {
          out.step = z;
          out.stepAt = k;
        }
      }
      if (length - k >= 3) {
        const z = score(rampW, rampA, rampB, aw, precision);
        if (z > out.ramp) {
          out.ramp = z;
          out.rampAt = k;
        }
      }
    }
    lateA += a[k]! * a[k]!;
    lateW += a[k]! * w[k]!;
  }
  return out;
}

function score(bw: number, ba: number, bb: number, aw: number, precision: number): number {
  const information = bb - (ba * ba) / precision;
  return information > 1e-9 * bb ? (bw - (ba * aw) / precision) / Math.sqrt(information) : NOTHING;
}
