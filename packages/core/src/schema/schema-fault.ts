import type { Path } from './path.ts'
import { quote } from './path.ts'

/** What is wrong with a value. */
export interface SchemaFault {
  /** Only with `unknown_key` alone is the decoded value whole. */
  code: 'unknown_key' | 'duplicate_key' | 'missing_key' | 'wrong_value'
  /** Keys as they are written; of a missing key the name that it would have. */
  path: Path
  /** Which end of the pair the fault is about. */
  at: 'key' | 'value'
  /** One phrase without the path. */
  message: string
  /** The nearest known key. */
  suggestion?: string
}

/** Most faults that one decoding keeps: a file of nonsense must not fill the memory. */
const maxFaults = 100

/** Gathers faults, up to a bound. */
export interface FaultList {
  readonly faults: SchemaFault[]
  /** Whether the value can't be used. */
  isBroken: boolean
}

/** Notes a fault; beyond the bound it only counts as broken. */
export function addFault(list: FaultList, fault: SchemaFault): void {
  if (fault.code !== 'unknown_key') list.isBroken = true
  if (list.faults.length < maxFaults) list.faults.push(fault)
}

/** A value as a message names it: short, on one line, without what lists and objects hold. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return quote(value, 40)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return value instanceof Date ? 'a date' : 'keys with values'
  return String(value)
}

/** The sort of a value, for credentials that must not be quoted. */
export function describeSort(value: unknown): string {
  if (typeof value === 'string') return 'another text'
  if (typeof value === 'number' || typeof value === 'boolean') return `a ${typeof value}`
  return describeValue(value)
}
