import assert from 'node:assert/strict'

/** A JSON object. */
export type Json = Record<string, unknown>

/** All members are equal, or match where a pattern is expected; there are no others. */
export function matches(found: Json, expected: object): void {
  const patterns = Object.entries(expected).filter((entry): entry is [string, RegExp] => entry[1] instanceof RegExp)
  for (const [name, pattern] of patterns) assert.match(String(found[name]), pattern)
  const rest = (of: object): object =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !patterns.some(([other]) => other === name)))
  assert.deepEqual(rest(found), rest(expected))
  assert.deepEqual(Object.keys(found).toSorted(), Object.keys(expected).toSorted())
}
