import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogRecord } from '@pelton/core'
import fc from 'fast-check'
import { createPaint } from '../screen/paint.ts'
import { createLogWriter } from './log-writer.ts'

const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

function capture(format: 'json' | 'pretty', level: LogRecord['level'] = 'debug', colours = false) {
  const lines: string[] = []
  const output = {
    write: (text: string) => void lines.push(text),
    flush: () => undefined,
    describeLoss: (_count: number) => '',
  }
  const log = createLogWriter({ output, format, level, paint: createPaint(colours) })
  return { write: log.write, lines, output }
}

test('a JSON line has time, level, message, event_id, trigger, worker and then the facts', () => {
  const { write, lines } = capture('json')
  write({ time, level: 'info', message: 'hi', eventId: 'e1', trigger: 'web', worker: 2, facts: { bytes: 3 } })
  assert.equal(
    lines[0],
    '{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"hi","event_id":"e1","trigger":"web","worker":2,"bytes":3}\n',
  )
})

test('a fact cannot pass for one of the record’s own keys', () => {
  const { write, lines } = capture('json')
  write({ time, level: 'info', message: 'hi', facts: { level: 'error', message: 'no' } })
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    message: 'hi',
    level_: 'error',
    message_: 'no',
  })
})

test('a fact that must have another name takes none that another fact has', () => {
  const { write, lines } = capture('json')
  write({ time, level: 'info', message: 'hi', facts: { level: 1, level_: 2, time: 3 } })
  assert.match(lines[0] ?? '', /"message":"hi","level__":1,"level_":2,"time_":3\}/)
})

test('a record without event, trigger and worker of its own may name them as facts', () => {
  const { write, lines } = capture('json')
  write({ time, level: 'warn', message: 'worker_retired', trigger: 'web', facts: { worker: 0, trigger: 'no' } })
  const record = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.deepEqual([record.worker, record.trigger, record.trigger_], [0, 'web', 'no'])
})

test('records below the level are left out', () => {
  const { write, lines } = capture('json', 'warn')
  write({ time, level: 'info', message: 'quiet' })
  write({ time, level: 'error', message: 'loud' })
  assert.equal(lines.length, 1)
})

test('what JSON cannot say is named instead of throwing', () => {
  const { write, lines } = capture('json')
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  write({ time, level: 'info', message: 'odd', facts: { cycle, big: 12n, error: new TypeError('broken') } })
  const record = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.match(String(record.cycle), /circular/)
  assert.equal(record.big, '12')
  assert.equal((record.error as { message: string }).message, 'broken')
})

test('facts whose getters throw cost the facts and not the record', () => {
  const facts = Object.defineProperty({}, 'bad', {
    enumerable: true,
    get: () => {
      throw new Error('no')
    },
  })
  for (const format of ['json', 'pretty'] as const) {
    const { write, lines } = capture(format)
    write({ time, level: 'info', message: 'kept', facts })
    assert.match(lines[0] ?? '', /kept.*facts_unreadable/)
  }
})

test('texts without end are cut and say so', () => {
  const { write, lines } = capture('json')
  write({
    time,
    level: 'info',
    message: 'x'.repeat(100_000),
    facts: { long: 'y'.repeat(1_000_000), list: Array(1e6).fill(1) },
  })
  assert.ok((lines[0] ?? '').length < 200_000)
  assert.match(lines[0] ?? '', /more characters/)
})

test('a pretty line has time, level, message and facts, and a stack below', () => {
  const { write, lines } = capture('pretty')
  write({ time, level: 'error', message: 'broke', trigger: 'web', facts: { name: 'a b', stack: 'Error: x\n  at y' } })
  assert.match(lines[0] ?? '', /^\d\d:\d\d:05\.678 ERROR broke name="a b" trigger=web\n {4}Error: x\n {6}at y\n$/)
})

test('an error that came from a worker as data shows its stack below, too', () => {
  const { write, lines } = capture('pretty')
  write({
    time,
    level: 'error',
    message: 'broke',
    facts: { error: { name: 'E', message: 'm', stack: 'E: m\n  at x' } },
  })
  assert.match(lines[0] ?? '', /ERROR broke\n {4}error: E: m\n {6}at x\n$/)
})

test('below an error stand its causes and the errors that it gathers, and a chain without end is cut', () => {
  const { write, lines } = capture('pretty')
  const cause = new Error('inner')
  cause.stack = 'Error: inner'
  const gathered = { name: 'E', message: 'one', stack: 'E: one' }
  write({ time, level: 'error', message: 'broke', facts: { error: { stack: 'E: m', cause, errors: [gathered, 5] } } })
  assert.match(lines[0] ?? '', /error: E: m\n {4}caused by Error: inner\n {4}caused by E: one\n$/)
  cause.cause = cause
  write({ time, level: 'error', message: 'broke', facts: { error: cause } })
  assert.equal(lines[1]?.split('caused by').length, 6)
})

test('pretty lines are coloured only when asked', () => {
  const plain = capture('pretty')
  const coloured = capture('pretty', 'debug', true)
  for (const { write } of [plain, coloured]) write({ time, level: 'warn', message: 'hm' })
  assert.ok(!plain.lines[0]?.includes('\u001b'))
  assert.ok(coloured.lines[0]?.includes('\u001b[33mWARN'))
})

test('what a peer logs cannot steer the terminal', () => {
  const { write, lines } = capture('pretty')
  write({ time, level: 'info', message: 'a\u001b[2Jb', facts: { title: '\u001b]0;owned\u0007' } })
  assert.ok(!lines[0]?.includes('\u001b'))
  assert.match(lines[0] ?? '', /a\\x1b\[2Jb/)
})

test('any record becomes exactly one line of JSON', () => {
  const record = fc.record({ message: fc.string(), facts: fc.dictionary(fc.string(), fc.anything()) })
  fc.assert(
    fc.property(record, ({ message, facts }) => {
      const { write, lines } = capture('json')
      write({ time, level: 'info', message, facts })
      assert.equal(lines.length, 1)
      assert.equal((lines[0] ?? '').indexOf('\n'), (lines[0] ?? '').length - 1)
      assert.equal((JSON.parse(lines[0] ?? '') as { message: string }).message, message)
    }),
  )
})

test('lost lines are reported as a record', () => {
  const { output } = capture('json')
  assert.match(output.describeLoss(3), /"level":"warn","message":"log_lines_dropped","count":3/)
})
