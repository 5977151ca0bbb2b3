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

/** How much a line through the samples rises for each unit of `at`, by least squares. */
export function slopeOf(samples: readonly { at: number; value: number }[]): number {
  const mean = (of: (sample: { at: number; value: number }) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [at, value] = [mean((s) => s.at), mean((s) => s.value)]
  const square = mean((s) => (s.at - at) ** 2)
  return square === 0 ? 0 : mean((s) => (s.at - at) * (s.value - value)) / square
}
