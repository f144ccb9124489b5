/** Where sizes come in waves how large they are now is only guessed: V is this much more. Measured on GARCH and on slow waves. */
const WAVES = 1.2;
/** Weight of the experts that see sizes change from which on they are waves. */
export const IN_WAVES = 0.5;

/**
 * V ≥ 1: bets are taken to the power 1/V for what is not known of the model. From the sum of the weights of levels and lags, known to
 * a variance from so many rows, and biased (near 1 that matters most), and from how much sizes are seen to change (0 to 1).
 */
export function temperOf(sum: number, variance: number, rows: number, unrest: number): number {
  const se = Math.sqrt(Math.max(0, variance));
  const bias = (1 + 3 * Math.max(sum, 0)) / rows;
  const room = Math.max(1 - sum, 0.01);
  const v = Math.min(100, Math.max(1, (room / Math.max(room - bias - se, 0.1 * room)) ** 2));
  return unrest > IN_WAVES ? WAVES * v : v;
}
