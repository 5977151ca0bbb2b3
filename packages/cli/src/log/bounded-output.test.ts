import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { BoundedOutput } from './bounded-output.ts'

/** A descriptor whose reader takes bytes only when told to. */
function stalledReader() {
  let text = ''
  let budget = 0
  return {
    text: () => text,
    take: (bytes: number) => (budget += bytes),
    writeSome: (_fd: number, bytes: Uint8Array): number => {
      if (budget === 0) throw Object.assign(new Error('would block'), { code: 'EAGAIN' })
      const taken = Math.min(budget, bytes.length)
      budget -= taken
      text += Buffer.from(bytes.subarray(0, taken)).toString('latin1')
      return taken
    },
  }
}

test('lines of one tick are written together and in order', async () => {
  const reader = stalledReader()
  const writes: number[] = []
  const output = new BoundedOutput(9, {
    writeSome: (fd, bytes) => {
      writes.push(bytes.length)
      return reader.writeSome(fd, bytes)
    },
  })
  reader.take(100)
  output.write('one\n')
  output.write('two\n')
  assert.equal(reader.text(), '', 'nothing is written while the caller runs')
  await turn()
  assert.equal(reader.text(), 'one\ntwo\n')
  assert.deepEqual(writes, [8])
})

test('a reader that takes a part gets the rest later and nothing twice', () => {
  const reader = stalledReader()
  const output = new BoundedOutput(9, { writeSome: reader.writeSome })
  output.write('abcdef\n')
  output.write('ghi\n')
  for (let part = 0; part < 4; part += 1) {
    reader.take(3)
    output.flush(0)
  }
  assert.equal(reader.text(), 'abcdef\nghi\n')
})

test('what a stalled reader would make grow is dropped, and the count is reported once it reads again', () => {
  const reader = stalledReader()
  const output = new BoundedOutput(9, { maxBytes: 20, writeSome: reader.writeSome })
  output.describeLoss = (count) => `lost ${count}\n`
  for (let line = 0; line < 7; line += 1) output.write(`line ${line}\n`)
  reader.take(1000)
  output.flush(0)
  assert.equal(reader.text(), 'line 0\nline 1\nlost 5\n')
  output.write('after\n')
  output.flush(0)
  assert.equal(reader.text(), 'line 0\nline 1\nlost 5\nafter\n')
})

test('a flush gives a stalled reader up at its deadline', () => {
  const output = new BoundedOutput(9, { writeSome: stalledReader().writeSome })
  output.write('never read\n')
  const begun = performance.now()
  output.flush(30)
  assert.ok(performance.now() - begun < 1000)
})

test('a reader that left ends the output without an error', () => {
  let calls = 0
  const output = new BoundedOutput(9, {
    writeSome: () => {
      calls += 1
      throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' })
    },
  })
  output.write('a\n')
  output.flush(0)
  output.write('b\n')
  output.flush(0)
  assert.equal(calls, 1)
})

test('a file is written as it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pelton-output-'))
  const file = join(folder, 'log')
  const fd = openSync(file, 'w')
  try {
    const output = new BoundedOutput(fd)
    output.write('grüße\n')
    output.flush(100)
    assert.equal(readFileSync(file, 'utf8'), 'grüße\n')
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
})
