/** The longest wait, unless the first one is longer. */
const longestMs = 30_000

/** Milliseconds before attempt `failures + 1`: `firstMs`, doubling, drawn from the upper half; `random` is 0 to 1. */
export function retryDelayMs(failures: number, firstMs: number, random: number = Math.random()): number {
  const full = Math.min(Math.max(firstMs, longestMs), firstMs * 2 ** Math.min(failures - 1, 30))
  return full / 2 + (full / 2) * random
}
