import { toFloat32, type Tensor } from '@pelton/protocols/inference'
import { formatFloat } from './format-floats.ts'
import { printable } from './printable.ts'

/** Rows that are ranked; more are only counted. */
const mostRows = 100

/** Lines with the highest scores of each row of an output, highest first; undefined when it has no scores. */
export function topClasses(tensor: Tensor, top: number, labels: readonly string[] | undefined): string[] | undefined {
  const classes = tensor.shape.at(-1) ?? 0
  const { datatype, data } = tensor
  if (datatype === 'BYTES' || datatype === 'BOOL' || classes < 2 || data.length === 0) return undefined
  const isSmallFloat = datatype === 'FP16' || datatype === 'BF16'
  const scores = isSmallFloat ? toFloat32(datatype, data as Uint16Array) : (data as ArrayLike<number | bigint>)
  const rows = data.length / classes
  const lines: string[] = []
  for (let row = 0; row < Math.min(rows, mostRows); row++) {
    if (rows > 1) lines.push(`row ${row}`)
    const best = ranking(scores, row * classes, classes, top)
    const texts = best.map((index) => show(scores[row * classes + index]!, datatype))
    const scoreWidth = Math.max(...texts.map((text) => text.length))
    const indexWidth = Math.max(...best.map((index) => String(index).length))
    for (const [rank, index] of best.entries()) {
      const label = labels?.[index] === undefined ? '' : `  ${printable(labels[index])}`
      lines.push(`  ${texts[rank]!.padEnd(scoreWidth)}  ${String(index).padStart(indexWidth)}${label}`)
    }
  }
  if (rows > mostRows) lines.push(`… and ${rows - mostRows} more rows`)
  return lines
}

/** Indexes of the highest scores, highest first, the lower index first of equals; NaN is below all. */
function ranking(scores: ArrayLike<number | bigint>, from: number, classes: number, top: number): number[] {
  const valueOf = (index: number): number | bigint => {
    const score = scores[from + index]!
    return Number.isNaN(score) ? -Infinity : score
  }
  const order = Array.from({ length: classes }, (_, index) => index)
  order.sort((one, two) => {
    const [first, second] = [valueOf(one), valueOf(two)]
    return first === second ? one - two : first < second ? 1 : -1
  })
  return order.slice(0, top)
}

function show(score: number | bigint, datatype: Tensor['datatype']): string {
  const isFloat = datatype === 'FP16' || datatype === 'BF16' || datatype === 'FP32' || datatype === 'FP64'
  return isFloat ? formatFloat(Number(score), datatype) : String(score)
}
