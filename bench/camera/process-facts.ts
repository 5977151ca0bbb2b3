import { readFileSync, readdirSync } from 'node:fs'

/** What a process holds; from /proc, Linux only. */
export interface ProcessFacts {
  residentMb: number
  threads: number
  descriptors: number
}

/** As it is now. */
export function processFacts(pid: number): ProcessFacts {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const figure = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return {
    residentMb: figure('VmRSS') / 1_000,
    threads: figure('Threads'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}
