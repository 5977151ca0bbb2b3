import type { InferenceContext, InferenceEvent } from '@pelton/sdk'

const size = 64

/** Two models. The trigger has seen to it that a request has the tensors of the model that it names, of their datatypes. */
export function handler({ tensors }: InferenceContext, event: InferenceEvent) {
  const { text, a, b } = event.inputs
  if (text?.datatype === 'BYTES') return tensors.response({ embedding: embed(text.data) })
  if (a?.datatype !== 'FP32' || b?.datatype !== 'FP32') return { status: 400, body: { error: 'a or b is missing' } }
  return tensors.response({ scores: { shape: [a.shape[0]!, b.shape[0]!], data: compare(a.data, b.data) } })
}

/** A row of length 1 for each text: how often its groups of three letters fall on each of 64 places. */
function embed(texts: readonly Uint8Array[]): Float32Array {
  const rows = new Float32Array(texts.length * size)
  texts.forEach((bytes, at) => fillRow(rows.subarray(at * size, (at + 1) * size), Buffer.from(bytes).toString()))
  return rows
}

function fillRow(row: Float32Array, text: string): void {
  const letters = ` ${text.toLowerCase().trim()} `
  for (let at = 0; at + 3 <= letters.length; at++) row[hash(letters.slice(at, at + 3)) % size]! += 1
  const length = Math.hypot(...row) || 1
  row.forEach((value, at) => (row[at] = value / length))
}

/** The cosine of each row of `a` and each of `b`, row by row. */
function compare(a: Float32Array, b: Float32Array): Float32Array {
  const [rows, columns] = [a.length / size, b.length / size]
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns) * size, (at % columns) * size]
    return a.subarray(i, i + size).reduce((sum, value, k) => sum + value * b[j + k]!, 0)
  })
}

function hash(text: string): number {
  return Array.from(text).reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)!) >>> 0, 7)
}
