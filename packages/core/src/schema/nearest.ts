import { normaliseKey } from './key.ts'

/** Longer words are no slips of a known key, and comparing them would cost time. */
const maxLength = 64

/** The known word that `word` was probably meant to be, in its own spelling; undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = normaliseKey(word)
  if (wanted.length > maxLength) return undefined
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const other = normaliseKey(candidate)
    const distance = isPrefix(wanted, other) ? 1 : editDistance(wanted, other)
    const limit = Math.floor(Math.max(wanted.length, other.length) / 3)
    if (distance > limit || distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

function isPrefix(word: string, other: string): boolean {
  return word.length >= 3 && word.length < other.length && other.startsWith(word)
}

/** Insertions, removals, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = cell(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      let cost = Math.min(cell(last, column) + 1, cell(current, column - 1) + 1, replaced)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) cost = Math.min(cost, cell(beforeLast, column - 2) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return cell(last, b.length)
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
