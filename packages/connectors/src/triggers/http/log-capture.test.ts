import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderLog } from './log-capture.ts'

const record = { time: 1, level: 'info', message: 'hello' } as const

test('an unknown level is debug, letter case does not matter', () => {
  assert.deepEqual(
    ['debug', 'INFO', ' warn ', 'error', 'loud', ''].map((word) => new HeaderLog(word, 't').level),
    ['debug', 'info', 'warn', 'error', 'debug', 'debug'],
  )
})

test('records carry time, level, message, name and their facts', () => {
  const log = new HeaderLog('debug', 'web')
  log.write({ ...record, facts: { source: 'rabbit', weight: 7, level: 'not mine' } })
  log.write(record)
  assert.deepEqual(JSON.parse(log.header() ?? ''), [
    { time: 1, level: 'info', message: 'hello', name: 'web', source: 'rabbit', weight: 7 },
    { time: 1, level: 'info', message: 'hello', name: 'web' },
  ])
})

test('the header is ASCII, whatever is logged', () => {
  const log = new HeaderLog('debug', 't')
  log.write({ ...record, message: 'ü € 🐎 \u007f \n' })
  assert.match(log.header() ?? '', /^[\x20-\x7e]*$/)
  assert.equal(JSON.parse(log.header() ?? '')[0].message, 'ü € 🐎 \u007f \n')
})

test('facts that JSON cannot hold are left out', () => {
  const log = new HeaderLog('debug', 't')
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  log.write({ ...record, facts: cycle })
  log.write({ ...record, facts: { big: 1n } })
  assert.equal(JSON.parse(log.header() ?? '').length, 2)
})

test('4,095 bytes fit, 4,096 do not, and no more is kept than fits', () => {
  const empty = JSON.stringify([{ ...record, message: '', name: 't' }]).length
  const of = (bytes: number): HeaderLog => {
    const log = new HeaderLog('debug', 't')
    log.write({ ...record, message: 'x'.repeat(bytes - empty) })
    return log
  }
  assert.equal(of(4_095).header()?.length, 4_095)
  const over = of(4_096)
  assert.equal(over.header(), undefined)
  over.write(record)
  assert.equal(over.header(), undefined)
  assert.equal(new HeaderLog('debug', 't').header(), '[]')
})
