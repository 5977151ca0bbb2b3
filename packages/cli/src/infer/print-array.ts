import { elementCount, type Tensor } from '@pelton/protocols/inference'
import { formatElements } from './format-elements.ts'

/** As NumPy prints: from here on only the edges are shown. */
const mostShown = 1000
const edge = 3
const lineWidth = 75
/** Deeper nests, and those that would show more elements, are printed flat: the server chose the shape. */
const maxDepth = 64
const maxEdges = 20_000

/** How an array is laid out. */
interface Layout {
  shape: readonly number[]
  isElided: boolean
  /** Of the elements that are shown, in order. */
  texts: readonly string[]
  /** Of the next one. */
  at: number
}

/** The values as NumPy prints them: nested, aligned, with dots for what is between the edges of large ones. */
export function printArray(tensor: Pick<Tensor, 'datatype' | 'shape' | 'data'>): string {
  const count = elementCount(tensor.shape)
  if (count === 0) return '[]'
  const isElided = count > mostShown
  const edges = tensor.shape.reduce((shown, size) => shown * (hasGap(size, isElided) ? 2 * edge : size), 1)
  const shape = tensor.shape.length > maxDepth || edges > maxEdges ? [count] : tensor.shape
  const texts = formatElements(tensor, shownPlaces(shape, isElided))
  return shape.length === 0 ? texts[0]! : layOut({ shape, isElided, texts, at: 0 }, 0, ' ', lineWidth)
}

/** Where the elements are that are shown, in order. */
function shownPlaces(shape: readonly number[], isElided: boolean): number[] {
  return shape.reduce<number[]>(
    (places, size) => places.flatMap((place) => shownItems(size, isElided).map((item) => place * size + item)),
    [0],
  )
}

/** The items of a list that are shown, the gap not counted. */
function shownItems(size: number, isElided: boolean): number[] {
  const items = hasGap(size, isElided) ? 2 * edge : size
  return Array.from({ length: items }, (_, index) => (index < edge || items === size ? index : size - items + index))
}

function hasGap(size: number, isElided: boolean): boolean {
  return isElided && size > 2 * edge
}

/** Gives the text of the next list at this depth; `indent` is that of the lines after its first. */
function layOut(layout: Layout, depth: number, indent: string, width: number): string {
  const size = layout.shape[depth]!
  const left = layout.shape.length - depth
  const words = shownItems(size, layout.isElided).map(() =>
    left === 1 ? layout.texts[layout.at++]! : layOut(layout, depth + 1, `${indent} `, width - 1),
  )
  if (hasGap(size, layout.isElided)) words.splice(edge, 0, '...')
  const text =
    left === 1 ? fillLines(words, indent, width - 1) : words.map((word) => indent + word).join('\n'.repeat(left - 1))
  return `[${text.slice(indent.length)}]`
}

/** Words side by side, as many as a line takes. */
function fillLines(words: readonly string[], indent: string, width: number): string {
  const lines: string[] = []
  let line = indent
  for (const [index, word] of words.entries()) {
    if (line.length + word.length > width && line.length > indent.length) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += index === words.length - 1 ? word : `${word} `
  }
  return [...lines, line].join('\n')
}
