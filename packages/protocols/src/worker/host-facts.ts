import { FrameBreach } from './frame.ts'

/** What a host says of itself when it is ready; see `Worker`. */
export interface HostFacts {
  concurrency?: number
  ahead?: number
  atDeadline?: 'kill' | 'abort'
}

/** More would wait than a worker is ever worth waiting for. */
const maxAhead = 32

/** Reads the meta of a ready frame. Throws `FrameBreach` when it is none. */
export function readHostFacts(meta: string): HostFacts {
  const { concurrency, ahead, atDeadline } = parse(meta)
  const facts: HostFacts = {}
  if (concurrency !== undefined) facts.concurrency = count(concurrency, 1)
  if (ahead !== undefined) facts.ahead = Math.min(count(ahead, 0), maxAhead)
  if (atDeadline === 'kill' || atDeadline === 'abort') facts.atDeadline = atDeadline
  return facts
}

function parse(meta: string): Record<string, unknown> {
  if (meta === '') return {}
  const value: unknown = JSON.parse(meta)
  if (typeof value !== 'object' || value === null) throw new FrameBreach('a ready frame whose meta is no object')
  return value as Record<string, unknown>
}

function count(value: unknown, least: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
    throw new FrameBreach(`a ready frame that says ${JSON.stringify(value)} where a count is expected`)
  }
  return value
}
