import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeltonError } from '@pelton/core'
import { errors } from './errors.ts'
import { describeError, describeRecord } from './report-error.ts'
import { createPaint } from './screen/paint.ts'

const options = { paint: createPaint(false), version: '1.2.3' }
const cause = new Error('deep reason')

test('a user’s mistake is told with how to mend it and without a stack', () => {
  const { text, exitCode } = describeError(
    errors.env_file_unreadable({ file: 'x.env', reason: 'gone' }, cause),
    options,
  )
  assert.equal(exitCode, 1)
  assert.match(
    text,
    /^error the environment file x\.env cannot be read: gone\n {2}Check the path.*\(env_file_unreadable\)\n$/i,
  )
  assert.doesNotMatch(text, / at |deep reason/)
})

test('debug adds the chain of causes', () => {
  const error = errors.env_file_unreadable({ file: 'x.env', reason: 'gone' }, cause)
  assert.match(describeError(error, { ...options, verbose: true }).text, /caused by Error: deep reason\n\s+at /)
})

test('a wrong command line exits with 2', () => {
  assert.equal(describeError(errors.wrong_usage({ reason: 'no' }), options).exitCode, 2)
})

test('a defect asks for a report with version, code and stack, and exits with 70', () => {
  for (const error of [
    new TypeError('oops'),
    new PeltonError('odd_state', 'oops', { blame: 'bug', retryable: false, help: '' }),
  ]) {
    const { text, exitCode } = describeError(error, options)
    assert.equal(exitCode, 70)
    assert.match(text, /^bug Pelton 1\.2\.3 .*report/)
    assert.match(text, /oops\n\s+at /)
  }
})

test('what was thrown may be anything, and causes may go in circles', () => {
  const round: { cause?: unknown } & Error = new Error('round')
  round.cause = round
  for (const thrown of [undefined, null, 'text', 7, round]) {
    assert.equal(describeError(thrown, options).exitCode, 70)
    assert.equal(describeRecord(thrown, true).exitCode, 70)
  }
})

test('for logs that machines read the same is one record', () => {
  const { message, facts, exitCode } = describeRecord(errors.wrong_usage({ reason: 'No such thing' }), false)
  assert.equal(message, 'No such thing')
  assert.equal(facts.code, 'wrong_usage')
  assert.ok(!('details' in facts))
  assert.equal(exitCode, 2)
})
