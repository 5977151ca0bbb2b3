import { type Datatype, type TensorData, writeRaw } from '@pelton/protocols/inference'
import { WireWriter } from '@pelton/protocols/protobuf'

/** An ONNX model for tests: the main graph and what stands beside it. */
export interface OnnxModel extends OnnxGraph {
  /** Version of ONNX's own operators; default 17. */
  opset?: number
  /** Versions of other domains' operators. */
  domains?: Readonly<Record<string, number>>
  /** Its `metadata_props`. */
  metadata?: Readonly<Record<string, string>>
}

/** A graph: that of a model, or the body of a loop. */
export interface OnnxGraph {
  inputs: readonly OnnxValue[]
  outputs: readonly OnnxValue[]
  nodes: readonly OnnxNode[]
  initializers?: readonly OnnxTensor[]
}

/** An input or output; BYTES is ONNX's STRING. */
export interface OnnxValue {
  name: string
  datatype: Datatype
  /** Sizes, or names of free ones; empty for a scalar, absent when the rank is not known. */
  shape?: readonly (number | string)[]
  /** It holds such tensors instead of being one. */
  within?: 'sequence' | 'optional'
}

/** One operation; an empty input is one that is left out. */
export interface OnnxNode {
  op: string
  domain?: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes?: Readonly<Record<string, OnnxAttribute>>
}

/** An attribute by the type that ONNX gives it. */
export type OnnxAttribute =
  | { int: number }
  | { float: number }
  | { text: string }
  | { ints: readonly number[] }
  | { tensor: OnnxTensor }
  | { graph: OnnxGraph }

/** A constant. With `file` its raw data lies there, beside the model, and is not written. */
export interface OnnxTensor {
  name: string
  datatype: Datatype
  shape: readonly number[]
  data: TensorData
  file?: string
}

const elementTypes: Readonly<Record<Datatype, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
  BF16: 16,
}

const irVersion = 8
const defaultOpset = 17

/** The bytes of an ONNX file (`onnx.proto`, ModelProto). */
export function onnxModel(model: OnnxModel): Buffer {
  const out = new WireWriter().start()
  for (const [key, value] of entriesFromEnd(model.metadata ?? {})) {
    within(out, 14, () => {
      out.text(2, value)
      out.text(1, key)
    })
  }
  for (const [domain, version] of entriesFromEnd({ '': model.opset ?? defaultOpset, ...model.domains })) {
    within(out, 8, () => {
      out.uint(2, version)
      out.text(1, domain)
    })
  }
  within(out, 7, () => writeGraph(out, model))
  out.text(2, 'pelton-testkit')
  out.uint(1, irVersion)
  return out.finish()
}

function writeGraph(out: WireWriter, { inputs, outputs, nodes, initializers = [] }: OnnxGraph): void {
  for (const value of outputs.toReversed()) within(out, 12, () => writeValue(out, value))
  for (const value of inputs.toReversed()) within(out, 11, () => writeValue(out, value))
  for (const tensor of initializers.toReversed()) within(out, 5, () => writeTensor(out, tensor))
  out.text(2, 'graph')
  for (const node of nodes.toReversed()) within(out, 1, () => writeNode(out, node))
}

function writeValue(out: WireWriter, { name, datatype, shape, within: holder }: OnnxValue): void {
  const writeType = (): void => within(out, 1, () => writeTensorType(out, datatype, shape))
  within(out, 2, () => {
    if (holder === undefined) return writeType()
    within(out, holder === 'sequence' ? 4 : 9, () => within(out, 1, writeType))
  })
  out.text(1, name)
}

function writeTensorType(out: WireWriter, datatype: Datatype, shape: OnnxValue['shape']): void {
  if (shape !== undefined) {
    within(out, 2, () => {
      for (const size of shape.toReversed()) {
        within(out, 1, () => (typeof size === 'number' ? out.uint(1, size) : out.text(2, size)))
      }
    })
  }
  out.uint(1, elementTypes[datatype])
}

function writeNode(out: WireWriter, { op, domain, inputs, outputs, attributes = {} }: OnnxNode): void {
  if (domain !== undefined) out.text(7, domain)
  for (const [name, attribute] of entriesFromEnd(attributes)) {
    within(out, 5, () => {
      writeAttribute(out, attribute)
      out.text(1, name)
    })
  }
  out.text(4, op)
  for (const name of outputs.toReversed()) out.text(2, name)
  for (const name of inputs.toReversed()) out.text(1, name)
}

function writeAttribute(out: WireWriter, attribute: OnnxAttribute): void {
  const typed = (type: number, write: () => void): void => {
    out.uint(20, type)
    write()
  }
  if ('int' in attribute) typed(2, () => out.bigint(3, BigInt(attribute.int)))
  else if ('float' in attribute) typed(1, () => out.float(2, attribute.float))
  else if ('text' in attribute) typed(3, () => out.text(4, attribute.text))
  else if ('tensor' in attribute) typed(4, () => within(out, 5, () => writeTensor(out, attribute.tensor)))
  else if ('graph' in attribute) typed(5, () => within(out, 6, () => writeGraph(out, attribute.graph)))
  else typed(7, () => attribute.ints.toReversed().forEach((int) => out.bigint(8, BigInt(int))))
}

function writeTensor(out: WireWriter, { name, datatype, shape, data, file }: OnnxTensor): void {
  if (file !== undefined) {
    out.uint(14, 1)
    within(out, 13, () => {
      out.text(2, file)
      out.text(1, 'location')
    })
  } else if (ArrayBuffer.isView(data)) out.bytes(9, writeRaw({ data }))
  out.text(8, name)
  if (!ArrayBuffer.isView(data)) for (const text of data.toReversed()) out.bytes(6, text)
  out.uint(2, elementTypes[datatype])
  for (const size of shape.toReversed()) out.uint(1, size)
}

/** The writer goes from the end to the start. */
function within(out: WireWriter, field: number, write: () => void): void {
  const mark = out.mark()
  write()
  out.embed(field, mark)
}

function entriesFromEnd<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).toReversed()
}
