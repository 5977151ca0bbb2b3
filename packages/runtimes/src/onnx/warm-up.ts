import { type Tensor, type TensorMetadata, elementCount, newArray } from '@pelton/protocols/inference'
import { rowsProblem } from './batch-run.ts'
import type { SessionFacts } from './model-facts.ts'

/** Elements of inputs whose fixed sizes make them too large for a run that nobody asked for. */
const maxElements = 64 * 1024 * 1024

const noText = new Uint8Array(0)

/** Inputs for a first run: zeros and empty texts, with 1 where a size is free, and `rows` where it is the first one. Undefined when that is too much. */
export function zeroInputs(inputs: readonly TensorMetadata[], rows = 1): Tensor[] | undefined {
  const shapes = inputs.map(({ shape }) => shape.map((size, axis) => (size !== -1 ? size : axis === 0 ? rows : 1)))
  if (shapes.reduce((sum, shape) => sum + elementCount(shape), 0) > maxElements) return undefined
  return inputs.map(({ name, datatype }, index) => {
    const shape = shapes[index] ?? []
    const count = elementCount(shape)
    const data = datatype === 'BYTES' ? Array.from({ length: count }, () => noText) : newArray(datatype, count)
    return { name, datatype, shape, data }
  })
}

/** Why rows of requests must not be joined, as a run of two rows of zeros shows beside the outputs of one; undefined when nothing does. */
export async function joiningProblem(
  { facts, run }: { facts: Pick<SessionFacts, 'inputs'>; run(inputs: readonly Tensor[]): Promise<readonly Tensor[]> },
  alone: readonly Tensor[],
): Promise<string | undefined> {
  const inputs = zeroInputs(facts.inputs, 2)
  if (inputs === undefined) return undefined
  try {
    const together = await run(inputs)
    return rowsProblem(alone, 1) ?? rowsProblem(together, 2) ?? sizesProblem(alone, together)
  } catch (error) {
    return `two rows at a time fail: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** What the rows of one request are must not hang on those of others. */
function sizesProblem(alone: readonly Tensor[], together: readonly Tensor[]): string | undefined {
  for (const [index, { name, shape }] of together.entries()) {
    const single = alone[index]?.shape ?? []
    if (showRow(single) !== showRow(shape)) {
      return `output ${JSON.stringify(name)} has rows of [${showRow(single)}] for one row of input, of [${showRow(shape)}] for two`
    }
  }
  return undefined
}

function showRow(shape: readonly number[]): string {
  return shape.slice(1).join(',')
}
