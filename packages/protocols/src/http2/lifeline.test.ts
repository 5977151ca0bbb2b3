import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lifeline } from './lifeline.ts'

const limits = { keepAliveMs: 1_000, keepAliveTimeoutMs: 500 }

test('a silent peer is pinged once, and cut when nothing comes', () => {
  const line = new Lifeline(limits, 0)
  line.hasSettings = true
  assert.equal(line.look(999), undefined)
  assert.equal(line.look(1_000), 'ping')
  assert.equal(line.look(1_499), undefined)
  assert.equal(line.look(1_500), 'cut')
})

test('any byte is a sign', () => {
  const line = new Lifeline(limits, 0)
  line.hasSettings = true
  assert.equal(line.look(1_000), 'ping')
  line.isHeard = true
  assert.equal(line.look(1_500), undefined)
  assert.equal(line.look(2_499), undefined)
  assert.equal(line.look(2_500), 'ping')
})

test('a preface that does not come, or byte by byte, has ten seconds, pings or not', () => {
  for (const keepAliveMs of [0, 1_000]) {
    const line = new Lifeline({ keepAliveMs, keepAliveTimeoutMs: 50_000 }, 0)
    line.isHeard = true
    assert.notEqual(line.look(9_999), 'cut')
    line.isHeard = true
    assert.equal(line.look(10_000), 'cut')
  }
})

test('without a time no peer is pinged', () => {
  const line = new Lifeline({ keepAliveMs: 0, keepAliveTimeoutMs: 0 }, 0)
  line.hasSettings = true
  assert.equal(line.look(1e9), undefined)
})
