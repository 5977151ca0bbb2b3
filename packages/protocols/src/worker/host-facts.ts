import type { ModelFacts, TensorFacts } from '@pelton/core'
import { FrameBreach } from './frame.ts'

/** What a host says of itself when it is ready; see `Worker`. */
export interface HostFacts {
  concurrency?: number
  ahead?: number
  atDeadline?: 'kill' | 'abort'
  models?: readonly ModelFacts[]
}

/** More would wait than a worker is ever worth waiting for. */
const maxAhead = 32

/** Reads the meta of a ready frame. Throws `FrameBreach` when it is none. */
export function readHostFacts(meta: string): HostFacts {
  const { concurrency, ahead, atDeadline, models } = parse(meta)
  const facts: HostFacts = {}
  if (concurrency !== undefined) facts.concurrency = count(concurrency, 1)
  if (ahead !== undefined) facts.ahead = Math.min(count(ahead, 0), maxAhead)
  if (atDeadline === 'kill' || atDeadline === 'abort') facts.atDeadline = atDeadline
  if (models !== undefined) facts.models = list(models).map(modelFacts)
  return facts
}

function parse(meta: string): Record<string, unknown> {
  if (meta === '') return {}
  const value: unknown = JSON.parse(meta)
  if (typeof value !== 'object' || value === null) throw new FrameBreach('a ready frame whose meta is no object')
  return value as Record<string, unknown>
}

function modelFacts(value: unknown): ModelFacts {
  const { name, version, platform, inputs, outputs, maxBatchSize } = record(value)
  return {
    name: text(name),
    version: text(version),
    platform: text(platform),
    inputs: list(inputs).map(tensorFacts),
    outputs: list(outputs).map(tensorFacts),
    maxBatchSize: count(maxBatchSize, 0),
  }
}

function tensorFacts(value: unknown): TensorFacts {
  const { name, datatype, shape } = record(value)
  return { name: text(name), datatype: text(datatype), shape: list(shape).map((size) => count(size, -1)) }
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new FrameBreach('a ready frame without a list where one is expected')
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw new FrameBreach('a ready frame without an object where one is expected')
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new FrameBreach('a ready frame without a text where one is expected')
}

function count(value: unknown, least: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
    throw new FrameBreach(`a ready frame that says ${JSON.stringify(value)} where a count is expected`)
  }
  return value
}
