import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskOptions, ServedFunction } from './serve-function.ts'

/** The rows of the outputter's table that are the same in every language: log records, and what the event holds. */
export function describeOutputter(served: () => ServedFunction): void {
  for (const [row, level, expected] of [
    [28, 'debug', ['Debug message', 'Info message', 'Warn message', 'Error message']],
    [29, 'warn', ['Warn message', 'Error message']],
  ] as const) {
    test(`8.4 row ${row}: log with level ${level}`, async () => {
      const answer = await served().ask('log', { headers: { 'x-nuclio-log-level': level } })
      assert.deepEqual([answer.status, answer.text], [201, 'returned logs'])
      assert.deepEqual(
        logsOf(answer.headers).map((one) => one['message']),
        expected,
      )
    })
  }

  test('8.4 row 30: log_with carries its facts', async () => {
    const answer = await served().ask('log_with', { headers: { 'x-nuclio-log-level': 'warn' } })
    assert.deepEqual([answer.status, answer.text], [201, 'returned logs with'])
    const [record, ...others] = logsOf(answer.headers)
    assert.equal(others.length, 0)
    assert.deepEqual(
      [record?.['level'], record?.['message'], record?.['source'], record?.['weight']],
      ['error', 'Error message', 'rabbit', 7],
    )
  })

  for (const [row, body, request, expected] of [
    [31, undefined, { method: 'GET' }, 'GET'],
    [32, 'return_fields', { path: '/?x=1&y=2' }, 'x=1,y=2'],
    [33, 'return_path', { path: '/path/to/nowhere' }, '/path/to/nowhere'],
  ] as [number, string | undefined, AskOptions, string][]) {
    test(`8.4 row ${row}: ${expected}`, async () => {
      const answer = await served().ask(body, request)
      assert.deepEqual([answer.status, answer.type, answer.text], [200, 'text/plain', expected])
    })
  }
}

function logsOf(headers: Headers): Record<string, unknown>[] {
  return JSON.parse(headers.get('x-nuclio-logs') ?? '[]') as Record<string, unknown>[]
}
