import { Buffer } from 'node:buffer'
import { shapeOf } from '../data-shape.ts'
import { elementBytes } from '../datatype.ts'
import { JsonReader } from '../json-reader.ts'
import { readTensors } from '../read-tensor.ts'
import { quote } from '../show.ts'
import { writeRaw } from '../tensor-bytes.ts'
import { InferenceError, type Tensor, type TensorMetadata } from '../tensor.ts'
import { datatypeOf, holds, rawOf } from './array-datatype.ts'
import { checkCount, readGiven } from './given-tensor.ts'
import { listPart, type PartHead, rawPart, type TensorPart } from './tensor-part.ts'

/**
 * Reads an input that a handler gives to a model that declares it so; its array must not change until its bytes are copied. What it does not say is as
 * its data and what is declared say. Throws `TypeError` for what is no tensor.
 */
export function inputPart(declared: TensorMetadata, value: unknown): TensorPart {
  const { datatype: named, shape: sizes, data } = readGiven(value)
  if (!ArrayBuffer.isView(data))
    return listedPart(declared, { name: declared.name, datatype: named ?? declared.datatype, shape: sizes }, data)
  const datatype = datatypeOf(data, named ?? (holds(data, declared.datatype) ? declared.datatype : undefined))
  const raw = rawOf(datatype, data)
  const count = raw.length / elementBytes(datatype)
  if (sizes !== undefined) checkCount(sizes, count)
  const shape = sizes ?? shapeOf({ count, sizes: [count] }, declared.shape)
  return rawPart({ name: declared.name, datatype, shape }, raw)
}

/** Lists are read as those of an answer are: with all that can be wrong in them. */
function listedPart(declared: TensorMetadata, head: PartHead, data: readonly unknown[]): TensorPart {
  const { json } = listPart(head, data)
  const rules = { isLenient: true, declared: new Map([[declared.name, declared]]) }
  try {
    const [tensor] = readTensors(new JsonReader(Buffer.from(`[${json}]`), true), 'inputs', rules)
    return rawPart(tensor!, writeRaw(tensor as Tensor))
  } catch (error) {
    if (error instanceof InferenceError) throw new TypeError(inWords(error.message, head), { cause: error })
    throw error
  }
}

/** Without the tensor's name, which the caller knows, and places in JSON that nobody wrote. */
function inWords(message: string, { name, datatype }: PartHead): string {
  const prefix = `tensor ${quote(name)}: `
  const rest = message.startsWith(prefix) ? message.slice(prefix.length) : message
  return rest.replace(/^the JSON is wrong at byte \d+:/, `its elements are no ${datatype}:`)
}
