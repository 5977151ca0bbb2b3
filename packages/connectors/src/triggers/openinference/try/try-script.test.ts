import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Script } from 'node:vm'
import { joinModules } from './try-script.ts'

const first = `/** What it is. */
export const one = 1

/**
 * Over
 * two lines.
 */
export function double(value) {
  // Why.
  return value * 2 // not a line of its own
}
`
const second = `import { one } from '../first.js'
import {
  double,
} from '../first.js'

export class Two {
  value = double(one)
}
globalThis.found = new Two().value
`

test('modules become a script without imports, exports, comments and indents', () => {
  const script = joinModules([first, second])
  assert.doesNotMatch(script, /import|export|Over|Why|^\s/m)
  new Script(script).runInThisContext()
  assert.equal((globalThis as { found?: number }).found, 2)
  delete (globalThis as { found?: number }).found
})

test('nothing of it is global', () => {
  new Script(joinModules([first])).runInThisContext()
  assert.equal('double' in globalThis, false)
})
