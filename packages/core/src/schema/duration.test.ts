import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

test('durations are numbers with units, added up', () => {
  const expected: [string, number][] = [
    ['250ms', 250],
    ['5s', 5000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['0.57s', 570],
    ['10us', 0.01],
    ['2d', 172_800_000],
    [' 1s ', 1000],
    ['0', 0],
  ]
  for (const [text, ms] of expected) assert.equal(parseDuration(text), ms, text)
})

test('what is no duration is refused', () => {
  for (const text of [
    '',
    '10',
    '-1s',
    '1',
    '1 s',
    's',
    '1s2',
    '1e3s',
    'PT5S',
    `${'9'.repeat(60)}h`,
    '1s'.repeat(5000),
  ]) {
    assert.equal(parseDuration(text), undefined, text.slice(0, 20))
  }
})

test('durations are written as people would', () => {
  const expected: [number, string][] = [
    [0, '0s'],
    [250, '250ms'],
    [1500, '1.5s'],
    [90_000, '1m30s'],
    [90_000_000, '25h'],
    [-5000, '-5s'],
  ]
  for (const [ms, text] of expected) assert.equal(formatDuration(ms), text)
})

test('a written duration reads back as itself', () => {
  fc.assert(fc.property(fc.nat({ max: 2 ** 48 }), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)))
})

test('any text is a duration or none, without an exception', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.ok((parseDuration(text) ?? 0) >= 0)))
})
