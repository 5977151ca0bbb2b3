import { existsSync, readFileSync } from 'node:fs'

/** Whether a process runs; one that waits for its parent to look at it does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = `/proc/${pid}/stat`
    return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
  } catch {
    // It ended between the two looks.
    return false
  }
}
