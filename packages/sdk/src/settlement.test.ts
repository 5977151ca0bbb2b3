import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompatMode } from './compat.ts'
import { Settlement } from './settlement.ts'

interface Watched {
  settlement: Settlement
  seen: unknown[]
}

function watch(compat: CompatMode): Watched {
  const seen: unknown[] = []
  const settlement = new Settlement({
    compat,
    answered: (answer) => seen.push(answer.by === 'throw' ? ['throw', answer.error] : [answer.by, answer.value]),
    failedLate: (error) => seen.push(['late', error]),
    left: () => seen.push('left'),
  })
  return { settlement, seen }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const handlers: [name: string, compat: CompatMode, handler: (s: Settlement) => unknown, seen: unknown[]][] = [
  ['a returned value', 'none', () => 1, [['return', 1]]],
  ['undefined', 'none', () => undefined, [['return', undefined]]],
  ['a promise', 'none', () => Promise.resolve(1), [['return', 1]]],
  ['a promise of undefined', 'none', async () => undefined, [['return', undefined]]],
  ['a rejection', 'none', () => Promise.reject(new Error('no')), [['throw', new Error('no')]]],
  [
    'an exception',
    'none',
    () => {
      throw new Error('no')
    },
    [['throw', new Error('no')]],
  ],
  [
    'a thrown undefined',
    'none',
    () => {
      throw undefined
    },
    [['throw', undefined]],
  ],
  [
    'callback before the return',
    'none',
    (s) => {
      s.callback(2)
      return 1
    },
    [['callback', 2]],
  ],
  [
    'callback while a promise is pending',
    'none',
    async (s) => {
      await null
      s.callback(2)
      return 1
    },
    [['callback', 2]],
  ],
  [
    'a return before the callback',
    'none',
    (s) => {
      setImmediate(() => s.callback(2))
      return 1
    },
    [['return', 1]],
  ],
  [
    'two callbacks',
    'none',
    (s) => {
      s.callback(1)
      s.callback(2)
    },
    [['callback', 1]],
  ],
  [
    'a thenable of its own',
    'none',
    () => ({ then: (resolve: (value: number) => void) => resolve(3) }),
    [['return', 3]],
  ],
  [
    'a thenable that throws',
    'none',
    () => ({
      get then() {
        throw new Error('no')
      },
    }),
    [['throw', new Error('no')]],
  ],
  [
    'an exception after the callback',
    'none',
    (s) => {
      s.callback(1)
      throw new Error('no')
    },
    [
      ['callback', 1],
      ['late', new Error('no')],
    ],
  ],
  ['callback in a nuclio file', 'nuclio', (s) => s.callback(1), [['callback', 1]]],
  ['callback of undefined in a nuclio file', 'nuclio', (s) => s.callback(undefined), [['callback', undefined]]],
  [
    'callback after undefined in a nuclio file',
    'nuclio',
    (s) => {
      process.nextTick(() => s.callback(1))
    },
    ['left', ['callback', 1]],
  ],
  [
    'callback after a promise of undefined in a nuclio file',
    'nuclio',
    async (s) => {
      setImmediate(() => s.callback(1))
    },
    ['left', ['callback', 1]],
  ],
  ['a returned value in a nuclio file', 'nuclio', () => 1, [['return', 1]]],
  ['a promise of a value in a nuclio file', 'nuclio', async () => 1, ['left', ['return', 1]]],
  ['null in a nuclio file', 'nuclio', () => null, [['return', null]]],
  ['nothing at all in a nuclio file', 'nuclio', () => undefined, ['left']],
  [
    'a rejection in a nuclio file',
    'nuclio',
    async () => {
      throw new Error('no')
    },
    ['left', ['throw', new Error('no')]],
  ],
]

for (const [name, compat, handler, expected] of handlers) {
  test(`an event is answered by ${name}`, async () => {
    const { settlement, seen } = watch(compat)
    settlement.run(() => handler(settlement))
    await settled()
    await settled()
    assert.deepEqual(seen, expected)
  })
}

test('an event can be failed from outside while it is open', () => {
  const { settlement, seen } = watch('nuclio')
  settlement.run(() => undefined)
  assert.equal(settlement.isAnswered, false)
  assert.equal(settlement.fail(new Error('fault')), true)
  assert.equal(settlement.fail(new Error('again')), false)
  settlement.callback(1)
  assert.deepEqual(seen, ['left', ['throw', new Error('fault')]])
})
