/** How many elements a shape has: 1 for a scalar. Infinity when it is beyond what numbers count exactly. */
export function elementCount(shape: readonly number[]): number {
  if (shape.includes(0)) return 0
  let count = 1
  for (const size of shape) count *= size
  return Number.isSafeInteger(count) ? count : Number.POSITIVE_INFINITY
}
