import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nearest } from './nearest.ts'

const known = ['processing_factor', 'url', 'maxRequestBodySize', 'port', 'metadata', 'numWorkers']

test('a slip of the pen finds the known word', () => {
  const expected: [string, string][] = [
    ['procesing_factor', 'processing_factor'],
    ['ulr', 'url'],
    ['prot', 'port'],
    ['max_request_bodysize_', 'maxRequestBodySize'],
    ['meta', 'metadata'],
    ['numWorker', 'numWorkers'],
    ['workers', 'numWorkers'],
  ]
  for (const [word, wanted] of expected) assert.equal(nearest(word, known), wanted, word)
})

test('a word that is like none finds none', () => {
  for (const word of ['zebra', 'x', '', 'kafka', 'x'.repeat(100_000)]) assert.equal(nearest(word, known), undefined)
})

test('a known word is nearest to itself', () => {
  fc.assert(fc.property(fc.constantFrom(...known), (word) => assert.equal(nearest(word, known), word)))
})
