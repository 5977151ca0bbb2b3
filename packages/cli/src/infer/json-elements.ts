import type { JsonValue } from '@pelton/protocols/inference'
import type { Element } from './convert-elements.ts'

/** A list, lists in each other that are all alike, or a bare element. */
export interface JsonElements {
  values: readonly Element[]
  /** How many items the lists have, from the outermost on; none of a bare element. */
  sizes: readonly number[]
}

/** A tensor written as an object: `{"datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}`, where only `data` must be. */
export interface JsonTensor {
  datatype?: unknown
  shape?: unknown
  data: JsonValue
}

/** Whether a value is a tensor of its own, as responses of servers have them. */
export function isJsonTensor(value: JsonValue): value is JsonValue & JsonTensor {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'data' in value
}

/** The elements of a value, row by row; a text says where lists differ in length or depth. */
export function flattenJson(value: JsonValue): JsonElements | string {
  const sizes: number[] = []
  for (let first: JsonValue | undefined = value; Array.isArray(first); first = first[0]) sizes.push(first.length)
  const values: Element[] = []
  const fault = collect(value, sizes, 0, values)
  return fault ?? { values, sizes }
}

function collect(value: JsonValue, sizes: readonly number[], level: number, values: Element[]): string | undefined {
  if (level === sizes.length) {
    if (Array.isArray(value)) return `its element ${values.length} is a list, others are not`
    values.push(value)
    return undefined
  }
  if (!Array.isArray(value)) return `its element ${values.length} is no list, others are`
  if (value.length !== sizes[level]) return `lists of ${sizes[level]} and of ${value.length} items lie side by side`
  for (const item of value) {
    const fault = collect(item, sizes, level + 1, values)
    if (fault !== undefined) return fault
  }
  return undefined
}
