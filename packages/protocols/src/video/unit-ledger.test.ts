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

test('the places of pictures grow, and end with those that are taken out of turn', () => {
  const ledger = new UnitLedger(64)
  const places = (...numbers: number[]): unknown[] => numbers.map((number) => ledger.take(number)?.place)
  for (let tag = 10; tag < 50; tag += 2) ledger.add({ tag, due: 'always' })
  assert.deepEqual(places(0, 2, 3, 1, 3), [10, 12, 14, 16, undefined])
  // That of 4 never comes: the next picture has its place until it is given up.
  assert.deepEqual(places(6, 5), [18, 20])
  for (let number = 7; number < 20; number++) ledger.take(number)
  for (let tag = 50; tag < 54; tag += 2) ledger.add({ tag, due: 'always' })
  assert.deepEqual([...places(21), ledger.giveUp(), ...places(20)], [48, 1, 52])
  ledger.add({ tag: 60, due: 'always' })
  ledger.clear()
  assert.deepEqual(places(ledger.add({ tag: 61, due: 'always' })), [61])
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
