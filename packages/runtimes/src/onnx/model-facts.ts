import type { Tensor, TensorMetadata } from '@pelton/protocols/inference'
import { quote } from '@pelton/core'
import type { InferenceSession } from 'onnxruntime-node'
import { errors } from '../errors.ts'
import type { GraphValue } from './graph-values.ts'
import { datatypeOf } from './ort-tensors.ts'

/** What a session takes and gives. */
export interface SessionFacts {
  inputs: readonly TensorMetadata[]
  /** Those that are tensors. */
  outputs: readonly TensorMetadata[]
  /** Inputs that may be of any rank; their shape is told as [-1]. */
  anyRank: ReadonlySet<string>
  /** The sizes of each input as the file has them: free ones by name, and those of one name are meant to be equal. */
  sizeNames: readonly (readonly (number | string)[])[]
  /** The name of a first size that is a later one, too, as of a matrix of all rows with all rows: rows of requests must not be joined. */
  sharedSize: string | undefined
  /** Outputs that are none: sequences and maps, as of classifiers of scikit-learn. */
  leftOut: readonly string[]
}

type Declared = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>
type Value = InferenceSession.ValueMetadata

/**
 * A session's tensors in the protocol's terms; `graphValues` reads what the file itself declares, when the session does not
 * tell it. Throws `model_not_loaded` for a model whose inputs, or all of its outputs, cannot be exchanged.
 */
export function sessionFacts(file: string, session: Declared, graphValues: () => readonly GraphValue[]): SessionFacts {
  const anyRank = unknownRanks(session, graphValues)
  const inputs = session.inputMetadata.map((value) => {
    const tensor = tensorOf(value, anyRank)
    if (tensor) return tensor
    throw errors.model_not_loaded({
      file,
      reason: `its input ${quote(value.name, 100)} is ${sortOf(value)}`,
      way: 'export it with inputs that are tensors of the datatypes of the Open Inference Protocol',
    })
  })
  const outputs = session.outputMetadata.flatMap((value) => tensorOf(value, anyRank) ?? [])
  const names = new Set(outputs.map(({ name }) => name))
  const leftOut = session.outputMetadata.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const sizeNames = session.inputMetadata.map((value) => (value.isTensor ? value.shape : []))
  const sharedSize = sharedSizeOf([...session.inputMetadata, ...session.outputMetadata])
  if (outputs.length > 0) return { inputs, outputs, anyRank, sizeNames, sharedSize, leftOut }
  throw errors.model_not_loaded({
    file,
    reason: `none of its outputs (${leftOut.join(', ')}) is a tensor`,
    way: 'export it with tensors as outputs; of scikit-learn with the option zipmap=False',
  })
}

function tensorOf(value: Value, anyRank: ReadonlySet<string>): TensorMetadata | undefined {
  const datatype = value.isTensor ? datatypeOf(value.type) : undefined
  if (!value.isTensor || datatype === undefined) return undefined
  const shape = value.shape.map((size) => (typeof size === 'number' ? size : -1))
  return { name: value.name, datatype, shape: anyRank.has(value.name) ? [-1] : shape }
}

function sortOf(value: Value): string {
  return value.isTensor ? `a tensor of ${value.type}` : 'no tensor, but a sequence, a map or an optional value'
}

/** What exporters write for sizes that they know nothing of. */
const nameless: ReadonlySet<unknown> = new Set(['', '?', '-1', 'None'])

function sharedSizeOf(values: readonly Value[]): string | undefined {
  const shapes = values.map((value) => (value.isTensor ? value.shape : []))
  const firsts = new Set(shapes.map(([first]) => first))
  const isShared = (size: number | string): size is string =>
    typeof size === 'string' && firsts.has(size) && !nameless.has(size)
  return shapes.flatMap(([, ...later]) => later).find(isShared)
}

/** ONNX Runtime gives a value of unknown rank the same shape as a scalar: none. */
function unknownRanks(
  { inputMetadata, outputMetadata }: Declared,
  graphValues: () => readonly GraphValue[],
): Set<string> {
  const isBare = (value: Value): boolean => value.isTensor && value.shape.length === 0
  if (![...inputMetadata, ...outputMetadata].some(isBare)) return new Set()
  return new Set(graphValues().flatMap(({ name, hasShape }) => (hasShape ? [] : [name])))
}

/** The first size that inputs should share but do not, in words; they are in the order of the model. */
export function sizeConflict(inputs: readonly Tensor[], { sizeNames }: SessionFacts): string | undefined {
  const found = new Map<string, { size: number; name: string }>()
  for (const [index, { name, shape }] of inputs.entries()) {
    for (const [axis, size] of shape.entries()) {
      const free = sizeNames[index]?.[axis]
      if (typeof free !== 'string' || free === '') continue
      const other = found.get(free) ?? { size, name }
      found.set(free, other)
      if (other.size === size) continue
      return `the inputs ${quote(other.name, 100)} and ${quote(name, 100)} differ in the size ${quote(free, 100)}: ${other.size} and ${size}`
    }
  }
  return undefined
}
