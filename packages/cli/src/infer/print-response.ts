import type { InferResponse, Tensor } from '@pelton/protocols/inference'
import { showShape } from './fit-shape.ts'
import { printArray } from './print-array.ts'
import { printable } from './printable.ts'
import type { Paint } from '../screen/paint.ts'
import { topClasses } from './top-classes.ts'

/** What is shown of scores instead of all values. */
export interface TopWords {
  top: number | undefined
  labels: readonly string[] | undefined
}

/** The outputs for a reader: name, datatype and shape, then the values or the highest scores. */
export function printResponse({ outputs }: InferResponse, { top, labels }: TopWords, paint: Paint): string {
  return outputs.map((output) => `${headOf(output, paint)}\n${bodyOf(output, { top, labels })}\n`).join('\n')
}

function headOf({ name, datatype, shape }: Tensor, paint: Paint): string {
  return `${paint('bold', printable(name))}  ${datatype} ${showShape(shape)}`
}

function bodyOf(output: Tensor, { top, labels }: TopWords): string {
  const best = top === undefined ? undefined : topClasses(output, top, labels)
  return best?.join('\n') ?? printArray(output)
}
