import { quote, showShape } from './show.ts'
import { InferenceError, type Tensor, type TensorMetadata } from './tensor.ts'

/** Whose tensors are checked: the caller's inputs (status 400), or the function's outputs (status 500). */
export type TensorSide = 'input' | 'output'

/** InferenceError that names the tensor, what was expected and what was found, unless these are the declared tensors. */
export function checkTensors(tensors: readonly Tensor[], declared: readonly TensorMetadata[], side: TensorSide): void {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  for (const expected of declared) {
    const tensor = found.get(expected.name)
    if (tensor === undefined) throw wrong(side, expected.name, `is missing: expected ${show(expected)}`)
    if (!fits(tensor, expected)) {
      throw wrong(side, expected.name, `does not fit: expected ${show(expected)}, found ${show(tensor)}`)
    }
    found.delete(expected.name)
  }
  for (const name of found.keys()) {
    const known = declared.slice(0, 20).map((expected) => quote(expected.name))
    throw wrong(side, name, `is unknown; there are ${known.join(', ') || 'none'}`)
  }
}

/** Whether the datatype is that, and every size: -1 is any. */
function fits(tensor: Tensor, expected: TensorMetadata): boolean {
  return (
    tensor.datatype === expected.datatype &&
    tensor.shape.length === expected.shape.length &&
    expected.shape.every((size, index) => size === -1 || size === tensor.shape[index])
  )
}

function show(tensor: Pick<TensorMetadata, 'datatype' | 'shape'>): string {
  return `${tensor.datatype} ${showShape(tensor.shape)}`
}

function wrong(side: TensorSide, name: string, problem: string): InferenceError {
  return new InferenceError(side === 'input' ? 400 : 500, `${side} ${quote(name)} ${problem}`)
}
