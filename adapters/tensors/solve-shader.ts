/**
 * A workgroup of 256 factors and solves one model: Cholesky in blocks of 16 rows, each invocation with a column of the block
 * in registers; then W from UW = Y, a block of rows at a time from the last. Barriers are two for each tile of 16 × 16 and
 * one for each row, and every number of U comes from memory once for 16 rows.
 *
 * result, for each model: U with Y beside it [D, D + C], W by outputs [C, D], the squared diagonal of U [D].
 */
export const SOLVE_TOGETHER = 256;

/** One line for each row of a block: registers have no numbers, and a loop over an array would put it into memory. */
function rows(line: (r: number) => string): string {
  return Array.from({ length: 16 }, (_, r) => `      ${line(r)}`).join("\n");
}

export const SOLVE = `
var<workgroup> tile : array<array<f32, 16>, 16>;
var<workgroup> block : array<array<f32, 16>, 16>;
var<workgroup> part : array<array<f32, 16>, 16>;

fn main() {
  let features = uniforms.features;
  let outputs = uniforms.outputs;
  let width = features + outputs;
  let n = i32(workgroupId.x);
  let t = i32(localId.x);
  let row = t / 16;
  let lane = t % 16;
  let u = n * (features * width + (outputs + 1) * features);
  let w = u + features * width;
  let pivots = w + outputs * features;
  let g = i32(index[n]) * features * features;
  let q = i32(index[n]) * features * outputs;

  for (var top = 0; top < features; top += 16) {
    for (var base = top; base < width; base += ${SOLVE_TOGETHER}) {
      let j = base + t;
      let here = j < width;
${rows((r) => `var x${r} = 0.0;`)}
      if (here) {
${rows(
  (r) => `if (top + ${r} < features) {
        if (j < features) { x${r} = gram[g + (top + ${r}) * features + j]; } else { x${r} = moments[q + (top + ${r}) * outputs + j - features]; }
        if (j == top + ${r}) { x${r} += ridge[n]; }
      }`,
)}
      }
      for (var above = 0; above < top; above += 16) {
        var value = 0.0;
        if (top + lane < features) { value = result[u + (above + row) * width + top + lane]; }
        tile[row][lane] = value;
        workgroupBarrier();
        if (here) {
          for (var k = 0; k < 16; k++) {
            let y = result[u + (above + k) * width + j];
${rows((r) => `x${r} -= tile[k][${r}] * y;`)}
          }
        }
        workgroupBarrier();
      }
      if (base == top) {
        if (t < 16) {
          let inside = j < features;
${rows((r) => `block[${r}][t] = select(select(0.0, 1.0, t == ${r}), x${r}, inside && top + ${r} < features);`)}
        }
        workgroupBarrier();
        // Rows stay as they are until the end: what is subtracted is divided by the pivot instead.
        for (var r = 0; r < 16; r++) {
          if (row > r && lane >= row) { block[row][lane] -= block[r][row] * block[r][lane] / block[r][r]; }
          workgroupBarrier();
        }
        if (t < 16 && top + t < features) { result[pivots + top + t] = block[t][t]; }
        let scaled = block[row][lane] / sqrt(block[row][row]);
        workgroupBarrier();
        block[row][lane] = scaled;
        workgroupBarrier();
      }
      if (here) {
${rows(
  (r) =>
    `x${r} = (x${r}${Array.from({ length: r }, (_, k) => ` - block[${k}][${r}] * x${k}`).join("")}) / block[${r}][${r}];`,
)}
${rows((r) => `if (top + ${r} < features) { result[u + (top + ${r}) * width + j] = x${r}; }`)}
      }
    }
    storageBarrier();
    workgroupBarrier();
  }

  for (var top = ((features - 1) / 16) * 16; top >= 0; top -= 16) {
    let i = top + row;
    // The block's own triangle, one where rows are lacking.
    var own = select(0.0, 1.0, row == lane);
    if (i < features && top + lane < features) { own = result[u + i * width + top + lane]; }
    block[row][lane] = own;
    for (var first = 0; first < outputs; first += 16) {
      let some = min(16, outputs - first);
      for (var o = 0; o < some; o++) {
        var sum = 0.0;
        if (i < features) {
          for (var k = top + 16 + lane; k < features; k += 16) {
            sum += result[u + i * width + k] * result[w + (first + o) * features + k];
          }
        }
        part[row][lane] = sum;
        workgroupBarrier();
        if (lane == 0 && i < features) {
          var y = result[u + i * width + features + first + o];
          for (var l = 0; l < 16; l++) { y -= part[row][l]; }
          tile[row][o] = y;
        }
        workgroupBarrier();
      }
      if (t < some) {
        for (var r = min(15, features - 1 - top); r >= 0; r--) {
          var y = tile[r][t];
          for (var k = r + 1; k < min(16, features - top); k++) { y -= block[r][k] * tile[k][t]; }
          y /= block[r][r];
          tile[r][t] = y;
          result[w + (first + t) * features + top + r] = y;
        }
      }
      workgroupBarrier();
    }
    storageBarrier();
    workgroupBarrier();
  }
}`;
