import { elementCount } from '@pelton/protocols/inference'

/**
 * The shape of data with these sizes for a tensor whose shape is `wanted`, -1 being any size: its own where it fits,
 * that of the tensor for a flat list, or when only sizes of 1 differ. Where several sizes are free,
 * sizes of 1 are put in front. A text says what does not fit.
 */
export function fitShape(sizes: readonly number[], wanted: readonly number[] | undefined): readonly number[] | string {
  const count = elementCount(sizes)
  if (wanted === undefined) return sizes.length === 0 ? [1] : sizes
  if (fits(sizes, wanted)) return sizes
  const isFlat = sizes.length < 2
  if (wanted.filter((size) => size === -1).length > 1) {
    const padded = [...Array.from<number>({ length: Math.max(wanted.length - sizes.length, 0) }).fill(1), ...sizes]
    if (fits(padded, wanted)) return padded
    return `${wrong(sizes, wanted)}; where several sizes are free, nest the data or add --shape`
  }
  const filled = fill(count, wanted)
  if (filled === undefined) return isFlat ? wrongCount(count, wanted) : wrong(sizes, wanted)
  if (!isFlat && squeeze(sizes) !== squeeze(filled)) return wrong(sizes, wanted)
  return filled
}

/** Whether a shape is one of those that `wanted` stands for. */
function fits(sizes: readonly number[], wanted: readonly number[]): boolean {
  return sizes.length === wanted.length && wanted.every((size, axis) => size === -1 || size === sizes[axis])
}

/** A shape as messages and tables show it. */
export function showShape(shape: readonly number[]): string {
  return shape.length > 32 ? `[${shape.slice(0, 32).join(', ')}, …]` : `[${shape.join(', ')}]`
}

/** The shape with its free size filled in, when that gives as many elements. */
function fill(count: number, wanted: readonly number[]): readonly number[] | undefined {
  const free = wanted.indexOf(-1)
  if (free === -1) return elementCount(wanted) === count ? wanted : undefined
  const rest = elementCount(wanted.toSpliced(free, 1))
  const size = count / rest
  return rest > 0 && Number.isInteger(size) ? wanted.with(free, size) : undefined
}

function squeeze(shape: readonly number[]): string {
  return shape.filter((size) => size !== 1).join()
}

function wrong(sizes: readonly number[], wanted: readonly number[]): string {
  return `its data has the shape ${showShape(sizes)}, the model takes ${showShape(wanted)}`
}

function wrongCount(count: number, wanted: readonly number[]): string {
  const elements = count === 1 ? '1 element' : `${count} elements`
  const rest = wanted.includes(-1)
    ? `, a multiple of ${elementCount(wanted.filter((size) => size !== -1))}`
    : `, which is ${elementCount(wanted)}`
  return `its data has ${elements}, the model takes ${showShape(wanted)}${rest}`
}
