import { Buffer, isUtf8 } from 'node:buffer'
import { quote } from '@pelton/core'
import { type Datatype, InferenceError, type Tensor, type TensorData } from '@pelton/protocols/inference'
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { Ort } from './load-ort.ts'

/** ONNX Runtime's names of the datatypes. For Node.js it has no BF16, and 4-bit integers have no place in the protocol. */
const ortTypes: Readonly<Record<Exclude<Datatype, 'BF16'>, OrtTensor.Type>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
}

const datatypes = new Map(Object.entries(ortTypes).map(([datatype, type]) => [type, datatype as Datatype]))

/** The protocol's datatype of an element type of ONNX Runtime; undefined when it has none. */
export function datatypeOf(type: OrtTensor.Type): Datatype | undefined {
  return datatypes.get(type)
}

/** The tensor as ONNX Runtime takes it: a view on the same memory, but for texts. Not for BF16. */
export function toOrt(ort: Ort, { datatype, shape, data }: Tensor): OrtTensor {
  const type = ortTypes[datatype as Exclude<Datatype, 'BF16'>]
  // One type of data stands for all: TypeScript knows no relation between the members of two unions.
  const given = (datatype === 'BYTES' ? (data as readonly Uint8Array[]).map(textOf) : data) as Float32Array
  return new ort.Tensor(type as 'float32', given, shape)
}

/** A tensor of ONNX Runtime by a name, on the same memory, but for texts. `datatype` is that of its declaration. */
export function fromOrt(name: string, datatype: Datatype, value: InferenceSession.OnnxValueMapType[string]): Tensor {
  const { data, dims } = value
  return {
    name,
    datatype,
    shape: dims,
    data: datatype === 'BYTES' ? (data as string[]).map((text) => Buffer.from(text)) : (data as TensorData),
  }
}

/** InferenceError 400 for an element of BYTES that is no text: ONNX Runtime for Node.js takes strings, and cuts them at a NUL. */
export function checkTexts({ name, datatype, data }: Tensor): void {
  if (datatype !== 'BYTES') return
  for (const [index, element] of (data as readonly Uint8Array[]).entries()) {
    if (isUtf8(element) && !element.includes(0)) continue
    const what = isUtf8(element) ? 'has a NUL character' : 'is no UTF-8 text'
    throw new InferenceError(400, `tensor ${quote(name, 100)}: element ${index} ${what}, which the model cannot take`)
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}
