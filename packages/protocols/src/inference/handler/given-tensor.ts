import { quote } from '@pelton/core'
import { datatypeNamed, datatypes } from '../datatype.ts'
import { elementCount } from '../element-count.ts'
import type { Datatype } from '../tensor.ts'
import { kindOf } from './element-text.ts'

/** A tensor as a handler gives it; what is absent is as its data says, or what is declared. */
export interface GivenTensor {
  datatype: Datatype | undefined
  shape: number[] | undefined
  data: ArrayBufferView | readonly unknown[]
}

const keys: ReadonlySet<string> = new Set(['name', 'datatype', 'shape', 'data'])

/** Reads what a handler gives for a tensor: data alone, or with datatype and shape. Throws `TypeError` for what is none. */
export function readGiven(value: unknown): GivenTensor {
  const { datatype, shape, data } = isBare(value) ? { data: value } : members(value as object)
  if (!ArrayBuffer.isView(data) && !Array.isArray(data))
    throw new TypeError(`its data must be a typed array or a list, not ${kindOf(data)}`)
  return {
    datatype: datatype === undefined ? undefined : checkedDatatype(datatype),
    shape: shape === undefined ? undefined : checkedShape(shape),
    data,
  }
}

/** Throws `TypeError` unless the shape has so many elements. */
export function checkCount(shape: readonly number[], found: number): void {
  const expected = elementCount(shape)
  if (found !== expected)
    throw new TypeError(`the shape [${shape.join(',')}] has ${expected} elements, its data has ${found}`)
}

function isBare(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)
}

function members(value: object): { datatype?: unknown; shape?: unknown; data: unknown } {
  for (const key of Object.keys(value)) {
    if (!keys.has(key)) throw new TypeError(`it has no member ${quote(key, 100)}; it has datatype, shape, data`)
  }
  if (!('data' in value)) throw new TypeError('it has no data')
  return value
}

function checkedDatatype(named: unknown): Datatype {
  const datatype = typeof named === 'string' ? datatypeNamed(named) : undefined
  if (datatype !== undefined) return datatype
  const found = typeof named === 'string' ? quote(named, 100) : kindOf(named)
  throw new TypeError(`there is no datatype ${found}; there are ${datatypes.join(', ')}`)
}

function checkedShape(sizes: unknown): number[] {
  if (Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) return sizes as number[]
  throw new TypeError('its shape must be a list of whole numbers from 0 on')
}
