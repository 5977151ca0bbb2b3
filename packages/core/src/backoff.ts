/** How long to wait before something that failed is tried again. */
export interface BackoffRules {
  firstMs: number
  mostMs: number
}

/** For workers, triggers and sinks alike: the first retry comes soon, a broken one costs little. */
const retryRules: BackoffRules = { firstMs: 100, mostMs: 30_000 }

/**
 * Milliseconds before retry number `failures` (from 1): doubling up to the most, each drawn from the upper half
 * so that many replicas do not retry in step. `random` is 0 to 1.
 */
export function backoffMs(failures: number, rules: BackoffRules = retryRules, random: number = Math.random()): number {
  const full = Math.min(rules.mostMs, rules.firstMs * 2 ** Math.min(failures - 1, 30))
  return full / 2 + (full / 2) * random
}
