/** Names in lower case and values, a pair a line, in the order of the wire. */
export type HeaderLines = readonly (readonly [name: string, value: string])[]

/** Pairs of a flat list of names and values. */
export function linesOf(flat: readonly string[]): HeaderLines {
  return Array.from({ length: flat.length / 2 }, (_, at) => [
    String(flat[2 * at]).toLowerCase(),
    String(flat[2 * at + 1]),
  ])
}

/** All values of a name. */
export function valuesOf(lines: HeaderLines, name: string): string[] {
  return lines.filter(([one]) => one === name).map(([, value]) => value)
}
