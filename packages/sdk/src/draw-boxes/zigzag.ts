/** Where each coefficient is in a block whose rows stand one after another, in the order in which they are written (ITU-T T.81 figure A.6). */
export const zigzag: Uint8Array = walk()

function walk(): Uint8Array {
  const order = new Uint8Array(64)
  let index = 0
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    const first = Math.max(0, diagonal - 7)
    const last = Math.min(7, diagonal)
    for (let step = first; step <= last; step++) {
      const row = diagonal % 2 === 0 ? last - step + first : step
      order[index++] = row * 8 + diagonal - row
    }
  }
  return order
}
