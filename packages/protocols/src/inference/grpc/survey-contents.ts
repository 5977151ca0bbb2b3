import type { Buffer } from 'node:buffer'
import { MalformedMessage } from '../../protobuf/malformed-message.ts'
import { WireReader } from '../../protobuf/wire-reader.ts'
import { wireType } from '../../protobuf/wire-type.ts'
import { elementCount } from '../element-count.ts'
import { quote, showShape } from '../show.ts'
import { type Datatype, InferenceError } from '../tensor.ts'
import { contentsField, contentsNames } from './contents-field.ts'
import { countVarints } from './unpack-varints.ts'

/** A tensor whose contents are to be read. */
export interface TypedTensor {
  name: string
  datatype: Datatype
  shape: readonly number[]
}

/** What a look over an `InferTensorContents` tells; there are as many elements as the shape says. */
export interface Survey {
  count: number
  /** The whole list when it is packed in one piece, as nearly all libraries write it. */
  packed: Buffer | undefined
}

/**
 * Counts the elements before memory is taken for them: a list may be in as many pieces as it has elements. InferenceError
 * 400 for elements in a list of another datatype, or another count than the shape's.
 */
export function surveyContents(contents: Buffer, tensor: TypedTensor): Survey {
  const wanted = contentsField[tensor.datatype]
  let count = 0
  let pieces = 0
  let packed: Buffer | undefined
  const reader = new WireReader(contents)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    const field = key >>> 3
    if (field >= contentsNames.length) reader.skip(key)
    else if (field !== wanted) refuseOthers(reader, key, tensor)
    else {
      pieces++
      packed = readPacked(reader, key)
      count += packed === undefined ? 1 : countPacked(packed, field)
    }
  }
  if (count !== elementCount(tensor.shape)) throw wrongCount(tensor, count)
  return { count, packed: pieces === 1 ? packed : undefined }
}

/** Whether a piece of a list is any number of elements, not one that stands alone. */
export function isPacked(key: number): boolean {
  return (key & 7) === wireType.bytes && key >>> 3 !== contentsField.BYTES
}

/** How many elements a packed piece of the list with this number holds. */
export function countPacked(packed: Buffer, field: number): number {
  if (field !== contentsField.FP32 && field !== contentsField.FP64) return countVarints(packed)
  const count = packed.length / (field === contentsField.FP32 ? 4 : 8)
  if (!Number.isInteger(count)) throw new MalformedMessage('half a number')
  return count
}

/** Of contents, or of what is in them. */
export function faultyTensor(tensor: TypedTensor, fault: string): InferenceError {
  return new InferenceError(400, `tensor ${quote(tensor.name)}: ${fault}`)
}

/** Reads over an element that stands alone. */
function readPacked(reader: WireReader, key: number): Buffer | undefined {
  if (isPacked(key)) return reader.bytes(key)
  reader.skip(key)
  return undefined
}

/** Some clients write all lists, those that do not matter without elements. */
function refuseOthers(reader: WireReader, key: number, tensor: TypedTensor): void {
  if (isPacked(key) && reader.bytes(key).length === 0) return
  const { datatype } = tensor
  const wanted = contentsNames[contentsField[datatype]]
  const found = contentsNames[key >>> 3]
  if (wanted !== '') throw faultyTensor(tensor, `${datatype} takes ${wanted}, found ${found}`)
  throw faultyTensor(tensor, `${datatype} has no typed contents, found ${found}: send it as raw contents`)
}

function wrongCount(tensor: TypedTensor, count: number): InferenceError {
  const { datatype, shape } = tensor
  const expected = elementCount(shape)
  const size = Number.isFinite(expected) ? String(expected) : 'more than 2^53'
  return faultyTensor(tensor, `${datatype} of shape ${showShape(shape)} takes ${size} elements, found ${count}`)
}
