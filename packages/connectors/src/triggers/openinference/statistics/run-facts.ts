import type { Response } from '@pelton/core'
import type { RunFacts } from '@pelton/protocols/inference'

/** Above this it is no time, but a fault: 12 days. */
const mostUs = 1e12
const mostRows = 2 ** 31

/** The facts that came with an answer; undefined when there are none, or some are not what they should be. */
export function runFactsOf({ extra }: Pick<Response, 'extra'>): RunFacts | undefined {
  const { run } = (extra?.['openinference'] ?? {}) as { run?: Partial<RunFacts> | null }
  if (typeof run !== 'object' || run === null) return undefined
  const { queueUs, inputUs, inferUs, outputUs, rows, isFirst } = run
  if (!isTime(queueUs) || !isTime(inputUs) || !isTime(inferUs) || !isTime(outputUs)) return undefined
  if (!Number.isInteger(rows) || !isWithin(rows, 1, mostRows) || typeof isFirst !== 'boolean') return undefined
  return { queueUs, inputUs, inferUs, outputUs, rows, isFirst }
}

function isTime(value: number | undefined): value is number {
  return isWithin(value, 0, mostUs)
}

/** It may be anything, for it comes from a worker; NaN is not within. */
function isWithin(value: number | undefined, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most
}
