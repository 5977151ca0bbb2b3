/** Bytes of one JSON string that is read or written as text: with all its escapes it stays far below what V8 holds in one string. */
export const longestText: number = 2 ** 26

const longestName = 100
const longestShape = 16

/** A peer's name in quotes, for messages: cut when it is long, control characters escaped. */
export function quote(name: string): string {
  return JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}…` : name)
}

/** A shape for messages, such as `[1,3,-1]`; cut when it is long. */
export function showShape(shape: readonly number[]): string {
  return shape.length > longestShape ? `[${shape.slice(0, longestShape).join(',')},…]` : `[${shape.join(',')}]`
}
