// Each cosine of the transform of eight samples, halved (ITU-T T.81 A.3.3); the first is that of 45 degrees.
const c4 = Math.SQRT1_2 / 2
const c1 = Math.cos(Math.PI / 16) / 2
const c2 = Math.cos(Math.PI / 8) / 2
const c3 = Math.cos((3 * Math.PI) / 16) / 2
const c5 = Math.cos((5 * Math.PI) / 16) / 2
const c6 = Math.cos((3 * Math.PI) / 8) / 2
const c7 = Math.cos((7 * Math.PI) / 16) / 2

/** Makes 64 samples, 0 in the middle of their range, from 64 coefficients, in place; rows one after another. Nothing is clamped. */
export function inverseDct(block: Float64Array): void {
  for (let column = 0; column < 8; column++) inverse(block, column, 8)
  for (let row = 0; row < 64; row += 8) inverse(block, row, 1)
}

/** Makes the coefficients again, in place. */
export function forwardDct(block: Float64Array): void {
  for (let row = 0; row < 64; row += 8) forward(block, row, 1)
  for (let column = 0; column < 8; column++) forward(block, column, 8)
}

// Odd coefficients are antisymmetric: each sum serves two samples that mirror each other.
function inverse(block: Float64Array, at: number, step: number): void {
  const x1 = block[at + step]!
  const x2 = block[at + 2 * step]!
  const x3 = block[at + 3 * step]!
  const x5 = block[at + 5 * step]!
  const x6 = block[at + 6 * step]!
  const x7 = block[at + 7 * step]!
  const level = block[at]! * c4
  // Most columns of most blocks have no more than that.
  if (x1 === 0 && x2 === 0 && x3 === 0 && x5 === 0 && x6 === 0 && x7 === 0 && block[at + 4 * step] === 0) {
    for (let sample = 0; sample < 8; sample++) block[at + sample * step] = level
    return
  }
  const fourth = block[at + 4 * step]! * c4
  const outer = c2 * x2 + c6 * x6
  const inner = c6 * x2 - c2 * x6
  const even0 = level + fourth + outer
  const even1 = level - fourth + inner
  const even2 = level - fourth - inner
  const even3 = level + fourth - outer
  const odd0 = c1 * x1 + c3 * x3 + c5 * x5 + c7 * x7
  const odd1 = c3 * x1 - c7 * x3 - c1 * x5 - c5 * x7
  const odd2 = c5 * x1 - c1 * x3 + c7 * x5 + c3 * x7
  const odd3 = c7 * x1 - c5 * x3 + c3 * x5 - c1 * x7
  block[at] = even0 + odd0
  block[at + step] = even1 + odd1
  block[at + 2 * step] = even2 + odd2
  block[at + 3 * step] = even3 + odd3
  block[at + 4 * step] = even3 - odd3
  block[at + 5 * step] = even2 - odd2
  block[at + 6 * step] = even1 - odd1
  block[at + 7 * step] = even0 - odd0
}

function forward(block: Float64Array, at: number, step: number): void {
  const sum0 = block[at]! + block[at + 7 * step]!
  const sum1 = block[at + step]! + block[at + 6 * step]!
  const sum2 = block[at + 2 * step]! + block[at + 5 * step]!
  const sum3 = block[at + 3 * step]! + block[at + 4 * step]!
  const odd0 = block[at]! - block[at + 7 * step]!
  const odd1 = block[at + step]! - block[at + 6 * step]!
  const odd2 = block[at + 2 * step]! - block[at + 5 * step]!
  const odd3 = block[at + 3 * step]! - block[at + 4 * step]!
  const outer = sum0 - sum3
  const inner = sum1 - sum2
  block[at] = (sum0 + sum3 + sum1 + sum2) * c4
  block[at + 4 * step] = (sum0 + sum3 - sum1 - sum2) * c4
  block[at + 2 * step] = c2 * outer + c6 * inner
  block[at + 6 * step] = c6 * outer - c2 * inner
  block[at + step] = c1 * odd0 + c3 * odd1 + c5 * odd2 + c7 * odd3
  block[at + 3 * step] = c3 * odd0 - c7 * odd1 - c1 * odd2 - c5 * odd3
  block[at + 5 * step] = c5 * odd0 - c1 * odd1 + c7 * odd2 + c3 * odd3
  block[at + 7 * step] = c7 * odd0 - c5 * odd1 + c3 * odd2 - c1 * odd3
}
