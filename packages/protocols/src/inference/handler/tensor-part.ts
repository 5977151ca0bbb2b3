import { Buffer } from 'node:buffer'
import { quote } from '@pelton/core'
import { elementBytes } from '../datatype.ts'
import { writeRaw } from '../tensor-bytes.ts'
import type { Datatype } from '../tensor.ts'
import type { InferBody } from '../write-tensors.ts'
import { datatypeOf, rawOf } from './array-datatype.ts'
import { jsonText, kindOf } from './element-text.ts'
import { checkCount, type GivenTensor, readGiven } from './given-tensor.ts'

/** A tensor as a body has it: its entry in the JSON, and the bytes that follow when its data is not there. */
export interface TensorPart {
  json: string
  raw?: Uint8Array
}

/** What an entry says of a tensor. */
export interface PartHead {
  name: string
  datatype: Datatype | undefined
  shape: readonly number[] | undefined
}

/** As many as the largest element has bytes. */
const spaces = Buffer.alloc(8, ' ')

/**
 * Reads an output that a handler gives; its array must not change until its bytes are copied. Datatype and shape are left out where neither it nor
 * its data says them. Throws `TypeError` that names it, after `where`, for what is no tensor.
 */
export function outputPart(name: string, value: unknown, where: string): TensorPart {
  return naming(`${where} ${quote(name, 100)}`, () => partOf(name, readGiven(value)))
}

/** What `read` gives; a `TypeError` says `where` first. */
export function naming<T>(where: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`${where}: ${error.message}`)
    throw error
  }
}

/** The part of a tensor whose data follows as bytes. */
export function rawPart(head: PartHead, raw: Uint8Array): TensorPart {
  return { json: `{${headText(head)},"parameters":{"binary_data_size":${raw.length}}}`, raw }
}

/** The part of a tensor whose elements stand in a list. Throws `TypeError` for what is no element. */
export function listPart(head: PartHead, data: readonly unknown[]): TensorPart {
  const first: unknown = data.flat(Infinity)[0]
  const isBytes = head.datatype === undefined && (typeof first === 'string' || first instanceof Uint8Array)
  return { json: `{${headText(isBytes ? { ...head, datatype: 'BYTES' } : head)},"data":${jsonText(data)}}` }
}

/** Joins the JSON of a body, which has the entries of these parts, and the bytes that follow: the one copy of them. */
export function joinParts(head: string, parts: readonly TensorPart[]): InferBody {
  const binary = parts.flatMap(({ raw }) => (raw === undefined ? [] : [raw]))
  const json = Buffer.from(head)
  if (binary.length === 0) return { body: json }
  // Aligned arrays are read without a copy.
  const padding = spaces.subarray(0, -json.length & (spaces.length - 1))
  return { body: Buffer.concat([json, padding, ...binary]), headerLength: json.length + padding.length }
}

function partOf(name: string, { datatype: named, shape, data }: GivenTensor): TensorPart {
  if (ArrayBuffer.isView(data)) {
    const datatype = datatypeOf(data, named)
    const raw = rawOf(datatype, data)
    if (shape !== undefined) checkCount(shape, raw.length / elementBytes(datatype))
    return rawPart({ name, datatype, shape }, raw)
  }
  if (named !== 'BYTES' || shape === undefined) return listPart({ name, datatype: named, shape }, data)
  const elements = data.flat(Infinity).map(elementOf)
  checkCount(shape, elements.length)
  return rawPart({ name, datatype: named, shape }, writeRaw({ data: elements }))
}

function headText(head: PartHead): string {
  const datatype = head.datatype === undefined ? '' : `,"datatype":"${head.datatype}"`
  const shape = head.shape === undefined ? '' : `,"shape":[${head.shape.join(',')}]`
  return `"name":${jsonText(head.name)}${datatype}${shape}`
}

function elementOf(element: unknown): Uint8Array {
  if (element instanceof Uint8Array) return element
  if (typeof element === 'string') return Buffer.from(element)
  throw new TypeError(`an element of BYTES must be text or bytes, not ${kindOf(element)}`)
}
