import { elementCount } from './element-count.ts'
import type { JsonData } from './json-data.ts'
import { quote, showShape } from './show.ts'
import { InferenceError } from './tensor.ts'

/**
 * InferenceError 400 unless the elements are as many as the shape says, and lists in each other end where rows of the shape end:
 * `[2,6]` fits the shape `[2,3,2]`, `[3,2]` does not fit `[2,3]`.
 */
export function checkShape(tensor: string, shape: readonly number[], found: JsonData): void {
  const expected = elementCount(shape)
  if (found.count !== expected) {
    const count = Number.isFinite(expected) ? String(expected) : 'more than 2^53'
    throw new InferenceError(
      400,
      `tensor ${quote(tensor)}: the shape ${showShape(shape)} has ${count} elements, its data has ${found.count}`,
    )
  }
  if (found.sizes.length < 2 || expected === 0) return
  // An element is the least row.
  const rows = new Set([1, ...rowSizes(shape)])
  if (rowSizes(found.sizes).every((size) => rows.has(size))) return
  throw new InferenceError(
    400,
    `tensor ${quote(tensor)}: its data has the shape ${showShape(found.sizes)} instead of ${showShape(shape)}`,
  )
}

/** The shape of data that came without one: that of its lists, or for a flat one the declared shape, when it fits. */
export function shapeOf(
  found: Pick<JsonData, 'count' | 'sizes'>,
  declared: readonly number[] | undefined,
): readonly number[] {
  if (declared === undefined || found.sizes.length > 1) return found.sizes
  const free = declared.indexOf(-1)
  if (free === -1) return elementCount(declared) === found.count ? declared : found.sizes
  const rest = elementCount(declared.toSpliced(free, 1))
  const size = found.count / rest
  return rest > 0 && Number.isInteger(size) ? declared.with(free, size) : found.sizes
}

/** How many elements an item has, at each level. */
function rowSizes(shape: readonly number[]): number[] {
  let size = 1
  return shape.toReversed().map((items) => (size *= items))
}
