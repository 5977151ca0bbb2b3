import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnitLedger } from './unit-ledger.ts'

test('a picture finds its unit once, in whatever order pictures come', () => {
  const ledger = new UnitLedger(64)
  const numbers = [7, 8, 9].map((tag) => ledger.add({ tag, due: 'always' }))
  assert.equal(ledger.peek(numbers[2]!)?.tag, 9)
  assert.equal(ledger.take(numbers[2]!)?.tag, 9)
  assert.equal(ledger.take(numbers[0]!)?.tag, 7)
  assert.equal(ledger.take(numbers[0]!), undefined)
  assert.equal(ledger.size, 1)
  assert.equal(ledger.clear(), 1)
  assert.equal(ledger.take(numbers[1]!), undefined)
})

test('a unit is given up when more than 16 later ones have come out, or too many are inside', () => {
  const ledger = new UnitLedger(20)
  for (let tag = 0; tag < 18; tag++) ledger.add({ tag, due: 'always' })
  for (let number = 1; number < 17; number++) ledger.take(number)
  assert.equal(ledger.giveUp(), 0)
  ledger.take(17)
  assert.equal(ledger.giveUp(), 1)
  for (let tag = 0; tag < 25; tag++) ledger.add({ tag, due: 'always' })
  assert.equal(ledger.giveUp(), 5)
  assert.equal(ledger.size, 20)
})
