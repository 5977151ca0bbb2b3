import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Terminal } from '../terminal.ts'
import { Tally } from './tally.ts'
import { createReport } from './watch-report.ts'

const source = {
  server: '',
  transport: 'tcp',
  media: [],
  codec: 'h264',
  reception: undefined,
} as const

function setUp(resultColumns: number | undefined, isJson = false) {
  const parts: string[] = []
  let release: (() => void) | undefined
  let isStalled = false
  const terminal: Pick<Terminal, 'result' | 'paintResult' | 'resultColumns' | 'cwd'> = {
    cwd: '/w',
    resultColumns,
    paintResult: (_style, part) => part,
    result: (part) => {
      parts.push(String(part))
      return isStalled ? new Promise((resolve) => (release = resolve)) : Promise.resolve()
    },
  }
  return {
    parts,
    report: createReport({ terminal: terminal as Terminal, shown: 'rtsp://c/', isJson }),
    stall: () => (isStalled = true),
    goOn() {
      isStalled = false
      release?.()
    },
  }
}

const tally = new Tally(0)
tally.begin(0)
const interval = tally.interval(1_000, undefined)
const total = tally.total(1_000, undefined)

test('on a terminal intervals stand in one line, which other lines take the place of', async () => {
  const { report, parts } = setUp(20)
  report.source(source)
  await report.written()
  for (let round = 0; round < 2; round++) {
    report.interval(interval, undefined)
    await report.written()
  }
  report.picture({ size: { width: 2, height: 1 } }, 10)
  report.interval(interval, undefined)
  report.saved('a.jpg', 1_000, 20)
  await report.written()
  report.interval(interval, undefined)
  report.total(total, 'time')
  await report.written()
  const line = '    1s   0.0 fps   '
  assert.equal(line.length, 19)
  assert.deepEqual(parts.slice(1, -1), [
    line,
    `\r\u001b[2K${line}`,
    '\r\u001b[2K  2x1, after 10.0 ms\n',
    'saved a.jpg, 1.00 kB, after 20.0 ms\n',
    line,
    '\n',
  ])
  assert.match(parts.at(-1) ?? '', /^\n1\.00 s, nothing came\n/)
})

test('what a source says cannot move the cursor by JSON either, and is what it said', async () => {
  const { report, parts } = setUp(undefined, true)
  const server = 'a\u001b[2J\u009b2J\u202eb'
  report.source({ ...source, server })
  await report.written()
  assert.doesNotMatch(parts.join(''), /[^ -~\n]/)
  assert.equal((JSON.parse(parts[0] ?? '') as { server: string }).server, server)
})

test('elsewhere each interval is a line; a reader that is behind misses some, and nothing else', async () => {
  const { report, parts, stall, goOn } = setUp(undefined, true)
  stall()
  report.source(source)
  await Promise.resolve()
  report.interval(interval, undefined)
  report.picture({}, 1)
  goOn()
  await report.written()
  report.interval(interval, undefined)
  report.saved('a.jpg', 9, 2)
  report.total(total, 'stopped')
  await report.written()
  const records = parts.map((part) => JSON.parse(part) as { type: string; file?: string })
  assert.deepEqual(
    records.map(({ type }) => type),
    ['source', 'picture', 'interval', 'saved', 'summary'],
  )
  assert.equal(records[3]?.file, '/w/a.jpg')
})
