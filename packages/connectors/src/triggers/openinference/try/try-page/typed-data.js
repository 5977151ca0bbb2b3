import { countOf, isFloat, showShape } from './datatypes.js'

const mostElements = 2 ** 26
const mostShown = 256

/** What is typed instead of data stands for so many elements. */
export const isWord = (text) => ['zeros', 'ramp', 'random'].includes(text.trim())

/** Elements that a word stands for. */
export function elementsOf(word, datatype, shape) {
  const count = countOf(shape)
  if (!(count <= mostElements)) throw new Error(`${showShape(shape)} has too many elements`)
  const random = word.trim() === 'random'
  const limit = datatype === 'BOOL' ? 2 : 128
  const element = (_, index) => {
    if (datatype === 'BYTES') return `text ${index}`
    if (word.trim() === 'zeros') return 0
    if (!isFloat(datatype)) return random ? Math.floor(Math.random() * limit) : index % limit
    return random ? Math.random() : count > mostShown ? index / count : index
  }
  return Array.from({ length: count }, element)
}

/** Data to begin with: JSON of the shape, or a word where that would be long. */
export function exampleText(datatype, shape) {
  if (!(countOf(shape) <= mostShown)) return 'ramp'
  const elements = elementsOf('ramp', datatype, shape)
  const data = nest(datatype === 'BOOL' ? elements.map((element) => element === 1) : elements, shape)
  const text = JSON.stringify(data).replaceAll(',', ', ')
  return shape.length > 1 ? text.replaceAll('], [', '],\n [') : text
}

function nest(elements, [size, ...inner]) {
  if (size === undefined) return elements[0]
  const step = countOf(inner)
  return Array.from({ length: size }, (_, index) => nest(elements.slice(index * step, (index + 1) * step), inner))
}

/**
 * The shape and JSON of typed data. Nested data has its own shape; flat data has the one given, whose only free size follows
 * from the count.
 */
export function readTyped(text, shape, declared) {
  let data
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new Error(`This is no JSON: ${error.message}`)
  }
  if (!Array.isArray(data)) return { shape, json: `[${text}]` }
  const found = nestedShape(data)
  // As it was typed: a number here would lose the digits of large ones.
  if (!declared || found.length === declared.length) return { shape: found, json: text }
  const free = declared.flatMap((size, index) => (size < 0 ? [index] : []))
  if (found.length > 1 || free.length !== 1) return { shape, json: text }
  const rest = countOf(declared.map((size) => Math.abs(size)))
  const isWhole = rest > 0 && data.length % rest === 0
  return { shape: isWhole ? declared.with(free[0], data.length / rest) : shape, json: text }
}

function nestedShape(data) {
  return Array.isArray(data) ? [data.length, ...nestedShape(data[0])] : []
}
