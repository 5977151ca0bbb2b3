import type { ConcurrencyPolicy } from './config.ts'

/** What a due run comes to. */
export type Action =
  /** It starts beside those that are going, if any. */
  | 'start'
  /** It starts, and those that are going are taken back. */
  | 'replace'
  /** It starts as soon as the one that is going has ended, unless a later one is due by then. */
  | 'owe'
  /** It never starts. */
  | 'miss'

/** Most runs that may be open at a time with the policy Allow. */
export const maxOpen = 1_000

/** What a due run comes to while `open` others are going. */
export function chooseAction(policy: ConcurrencyPolicy, open: number): Action {
  if (open === 0) return 'start'
  if (policy === 'Forbid') return 'owe'
  if (policy === 'Replace') return 'replace'
  return open < maxOpen ? 'start' : 'miss'
}
