import { type Tensor, type TensorMetadata, elementCount, newArray } from '@pelton/protocols/inference'

/** Elements of inputs whose fixed sizes make them too large for a run that nobody asked for. */
const maxElements = 64 * 1024 * 1024

const noText = new Uint8Array(0)

/** Inputs for a first run: zeros and empty texts, with 1 where a size is free. Undefined when that is too much. */
export function zeroInputs(inputs: readonly TensorMetadata[]): Tensor[] | undefined {
  const shapes = inputs.map(({ shape }) => shape.map((size) => (size === -1 ? 1 : size)))
  if (shapes.reduce((sum, shape) => sum + elementCount(shape), 0) > maxElements) return undefined
  return inputs.map(({ name, datatype }, index) => {
    const shape = shapes[index] ?? []
    const count = elementCount(shape)
    const data = datatype === 'BYTES' ? Array.from({ length: count }, () => noText) : newArray(datatype, count)
    return { name, datatype, shape, data }
  })
}
