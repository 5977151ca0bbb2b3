import { type Datatype, elementCount, newArray, type Tensor, type TensorData } from '@pelton/protocols/inference'
import type { ModelFacts } from '@pelton/core'

/** Whether rows of several requests may be joined for a model: each of its tensors has a free first size. */
export function isBatchable({ inputs, outputs }: Pick<ModelFacts, 'inputs' | 'outputs'>): boolean {
  const isFree = ({ shape }: { shape: readonly number[] }): boolean => shape[0] === -1
  return inputs.length > 0 && outputs.length > 0 && inputs.every(isFree) && outputs.every(isFree)
}

/** How many rows the tensors have: the first size that all of them share; undefined when they share none, or it is 0. */
export function rowCount(tensors: readonly Tensor[]): number | undefined {
  const rows = tensors[0]?.shape[0]
  if (rows === undefined || rows === 0) return undefined
  for (const tensor of tensors) if (tensor.shape[0] !== rows) return undefined
  return rows
}

/** The largest first size, where requests that cannot be joined may have several; at least 1. */
export function mostRows(tensors: readonly Tensor[]): number {
  let most = 1
  for (const { shape } of tensors) if (shape[0] !== undefined && shape[0] > most) most = shape[0]
  return most
}

/**
 * Says which requests can be joined: those of equal keys have tensors of the same names, datatypes and sizes, the first
 * size apart, in the same order. Undefined for one that cannot be joined: it has no rows (see `rowCount`).
 */
export function batchKey(inputs: readonly Tensor[]): string | undefined {
  if (rowCount(inputs) === undefined) return undefined
  let key = ''
  for (const { name, datatype, shape } of inputs) {
    // A name may hold anything; its length says where it ends.
    key += `${name.length}:${name}${datatype}`
    for (let axis = 1; axis < shape.length; axis++) key += `,${shape[axis]}`
    key += ';'
  }
  return key
}

/** The rows of requests of one key, one request's after the other's, in new arrays; those of a single request as they are. */
export function joinRows(requests: readonly (readonly Tensor[])[]): Tensor[] {
  const first = requests[0] ?? []
  if (requests.length === 1) return [...first]
  return first.map((tensor, index) => joinTensors(requests.map((inputs) => inputs[index] ?? tensor)))
}

/**
 * Gives each request its rows of the outputs: views, no copies. `rows` says how many each has. Undefined when an output
 * has not exactly as many rows as all of them together.
 */
export function splitRows(outputs: readonly Tensor[], rows: readonly number[]): Tensor[][] | undefined {
  const total = rows.reduce((sum, count) => sum + count, 0)
  if (outputs.some(({ shape }) => shape[0] !== total)) return undefined
  let at = 0
  return rows.map((count) => {
    const from = at
    at += count
    return outputs.map((output) => rowsOf(output, from, at))
  })
}

function joinTensors(tensors: readonly Tensor[]): Tensor {
  const { name, datatype, shape } = tensors[0]!
  let rows = 0
  for (const tensor of tensors) rows += tensor.shape[0] ?? 0
  const joined = [rows, ...shape.slice(1)]
  return { name, datatype, shape: joined, data: joinData(tensors, datatype, elementCount(joined)) }
}

function joinData(tensors: readonly Tensor[], datatype: Datatype, count: number): TensorData {
  if (datatype === 'BYTES') return tensors.flatMap(({ data }) => data as readonly Uint8Array[])
  // One type of them stands for all, since TypeScript knows no relation between two of a union.
  const joined = newArray(datatype, count) as Float32Array
  let at = 0
  for (const { data } of tensors) {
    joined.set(data as Float32Array, at)
    at += data.length
  }
  return joined
}

function rowsOf({ name, datatype, shape, data }: Tensor, from: number, to: number): Tensor {
  const sizes = shape.slice(1)
  const width = elementCount(sizes)
  const [start, end] = [from * width, to * width]
  const part = ArrayBuffer.isView(data) ? data.subarray(start, end) : data.slice(start, end)
  return { name, datatype, shape: [to - from, ...sizes], data: part }
}
