import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthMb, judgeMemory } from './judge-memory.ts'

const samples = (of: (second: number) => number): number[] => Array.from({ length: 100 }, (_, second) => of(second))

test('memory that rises at first and by garbage later is fine', () => {
  assert.equal(judgeMemory(samples((second) => Math.min(second, 20) * 10 + (second % 5) * 30)), undefined)
})

test('memory that goes on rising is not', () => {
  assert.match(judgeMemory(samples((second) => 100 + second * (growthMb / 40))) ?? '', /grew from \d+ to \d+ MB/)
})

test('a few seconds say nothing', () => {
  assert.equal(judgeMemory([1, 100, 1000]), undefined)
})
