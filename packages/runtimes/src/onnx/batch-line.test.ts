import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BatchLine, type BatchRules, type InLine } from './batch-line.ts'

interface Item extends InLine {
  name: string
}

/** A line, and `add('a3', 10)`: an item of key `a` with 3 rows that came at 10 ms. A key of `-` is none. */
function lineOf(rules: BatchRules): {
  line: BatchLine<Item>
  add(name: string, since?: number, signal?: AbortSignal): void
} {
  const line = new BatchLine<Item>(rules)
  let order = 0
  const add = (name: string, since = 0, signal?: AbortSignal): void => {
    const key = name[0] === '-' ? undefined : name[0]
    line.add({ name, key, rows: Number(name.slice(1)), order: order++, since, signal })
  }
  return { line, add }
}

function take(line: BatchLine<Item>, now = 0): string {
  return line
    .take(now)
    .map(({ name }) => name)
    .join(' ')
}

describe('batch line', () => {
  it('lets the oldest go with those of its key, as far as there is room', () => {
    const { line, add } = lineOf({ maxRows: 4, delayMs: 0 })
    for (const name of ['a1', 'b1', 'a2', 'a2', 'a1']) add(name)
    assert.deepEqual([take(line), take(line), take(line), take(line)], ['a1 a2', 'b1', 'a2 a1', ''])
    assert.equal(line.isEmpty, true)
  })

  it('lets what has no key go alone, in its turn', () => {
    const { line, add } = lineOf({ maxRows: 4, delayMs: 50 })
    for (const name of ['-1', '-1', 'a4', '-1']) add(name)
    assert.deepEqual([take(line), take(line), take(line), take(line)], ['-1', '-1', 'a4', '-1'])
  })

  it('keeps what waits for more until its oldest has waited long enough', () => {
    const { line, add } = lineOf({ maxRows: 4, delayMs: 5 })
    assert.equal(line.readyAt(), Infinity)
    add('a1', 10)
    add('a1', 14)
    assert.equal(line.readyAt(), 15)
    assert.equal(take(line, 14.9), '')
    assert.equal(take(line, 15), 'a1 a1')
    assert.equal(line.readyAt(), Infinity)
  })

  it('lets a full one go before one that waits, and one that does not fit stays', () => {
    const { line, add } = lineOf({ maxRows: 4, delayMs: 5 })
    add('a1', 10)
    for (const name of ['b3', 'b2']) add(name, 11)
    assert.equal(take(line, 11), 'b3')
    assert.equal(take(line, 11), '')
    assert.equal(line.readyAt(), 15)
    assert.equal(take(line, 20), 'a1')
    assert.equal(take(line, 20), 'b2')
  })

  it('keeps no room for what nobody waits for any more', () => {
    const { line, add } = lineOf({ maxRows: 2, delayMs: 0 })
    add('a1')
    add('a2', 0, AbortSignal.abort())
    add('a1')
    add('a1')
    assert.deepEqual([take(line), take(line)], ['a1 a2 a1', 'a1'])
  })

  it('lets everything go: in order by key, never too much at once, the oldest always in the next run that may have it', () => {
    const name = fc.tuple(fc.constantFrom('a', 'b', 'c', '-'), fc.integer({ min: 1, max: 4 }))
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), fc.integer({ min: 4, max: 9 }), (names, maxRows) => {
        const { line, add } = lineOf({ maxRows, delayMs: 0 })
        for (const [key, rows] of names) add(`${key}${rows}`)
        const order: number[] = []
        while (!line.isEmpty) {
          const batch = line.take(0)
          const oldest = names.findIndex((_, at) => !order.includes(at))
          assert.equal(batch[0]?.order, oldest)
          assert.equal(new Set(batch.map(({ key }) => key)).size, 1)
          assert.ok(batch.reduce((sum, { rows }) => sum + rows, 0) <= maxRows)
          if (batch[0]?.key === undefined) assert.equal(batch.length, 1)
          order.push(...batch.map((item) => item.order))
        }
        assert.equal(order.length, names.length)
        for (const key of 'abc-') {
          const ofKey = order.filter((at) => names[at]?.[0] === key)
          assert.deepEqual(
            ofKey,
            ofKey.toSorted((one, other) => one - other),
          )
        }
      }),
    )
  })
})
