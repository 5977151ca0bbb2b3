import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type SoakedFunction, soakedFunctions } from './request-kinds.ts'
import { type SoakReport, type SoakSize, soakFunction } from './soak-function.ts'

/** Soaks all functions side by side, each with its part of the events; or those that are named. */
export async function soak({ events, ...rest }: SoakSize, names: readonly string[] = []): Promise<SoakReport[]> {
  const chosen = soakedFunctions.filter(({ name }) => names.length === 0 || names.includes(name))
  const size = { ...rest, events: Math.ceil(events / chosen.length) }
  const start = (soaked: SoakedFunction): Promise<SoakReport> =>
    soakFunction(soaked, size, mkdtempSync(path.join(tmpdir(), 'pelton-soak-')))
  return Promise.all(chosen.map(start))
}

/** A report as lines for people: totals, kinds, log messages, what was held, and the first faults. */
export function describeReport({ name, counts, events, seconds, messages, before, after, faults }: SoakReport): string {
  const list = (map: ReadonlyMap<string, number>): string =>
    [...map]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, count]) => `${key} ${count}`)
      .join(', ')
  return [
    `${name}: ${events} events in ${seconds.toFixed(0)} s, ${(events / seconds).toFixed(0)}/s, ${faults.length} faults`,
    `  requests: ${list(counts)}`,
    `  log: ${list(messages)}`,
    `  descriptors ${before.descriptors} → ${after.descriptors}, processes ${before.processes} → ${after.processes}, ` +
      `memory ${before.residentMb.toFixed(0)} → ${after.residentMb.toFixed(0)} MB`,
    ...faults.slice(0, 20).map((fault) => `  ✖ ${fault}`),
  ].join('\n')
}
