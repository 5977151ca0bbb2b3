import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { type Bytes, isPeltonError, systemClock } from '@pelton/core'
import { createTempFolder, waitUntil } from '@pelton/testkit'
import { errors } from '../../errors.ts'
import { openDirectOutput } from './direct-output.ts'
import type { JobOutput } from './job-output.ts'
import { openJobOutput } from './open-job-output.ts'
import { standardOutput } from './output-target.ts'

async function* body(...chunks: (string | Error)[]): AsyncGenerator<Bytes> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk)
  }
}

const open = (folder: string, target: string): Promise<JobOutput> =>
  openJobOutput({ target, folder, trigger: 'once', clock: systemClock })

const hasCode = (code: string, text: RegExp) => (error: unknown) =>
  isPeltonError(error) && error.code === code && text.test(error.message)

test('a file has the last whole body, and only once the job is over', async (t) => {
  const folder = await createTempFolder(t, { 'result.txt': 'old' })
  const read = (): string => fs.readFileSync(path.join(folder, 'result.txt'), 'utf8')
  const output = await open(folder, 'result.txt')
  await output.take(body('a much longer first ', 'answer'), false)
  await output.take(body('second ', 'answer'), false)
  await assert.rejects(output.take(body('third', new Error('torn')), true), /torn/)
  assert.equal(read(), 'old')
  await output.close()
  assert.equal(read(), 'second answer')
  assert.deepEqual(fs.readdirSync(folder), ['result.txt'])
})

test('a body after one that broke off has nothing of it', async (t) => {
  const folder = await createTempFolder(t)
  const output = await open(folder, 'result.txt')
  await assert.rejects(output.take(body('a long beginning', new Error('torn')), false), /torn/)
  await output.take(body('short'), true)
  await output.close()
  assert.equal(fs.readFileSync(path.join(folder, 'result.txt'), 'utf8'), 'short')
})

test('an answer without a body makes an empty file', async (t) => {
  const folder = await createTempFolder(t)
  const output = await open(folder, 'result.txt')
  await output.take(body(), true)
  await output.close()
  assert.equal(fs.readFileSync(path.join(folder, 'result.txt'), 'utf8'), '')
})

test('without any whole body a file stays as it was', async (t) => {
  const folder = await createTempFolder(t, { 'result.txt': 'old' })
  const output = await open(folder, 'result.txt')
  await assert.rejects(output.take(body('new', new Error('torn')), true), /torn/)
  await output.close()
  assert.deepEqual(fs.readdirSync(folder), ['result.txt'])
  assert.equal(fs.readFileSync(path.join(folder, 'result.txt'), 'utf8'), 'old')
})

test('a link stays a link', async (t) => {
  const folder = await createTempFolder(t, { 'real/result.txt': 'old' })
  fs.symlinkSync('real/result.txt', path.join(folder, 'link'))
  const output = await open(folder, 'link')
  await output.take(body('new'), true)
  await output.close()
  assert.equal(fs.readlinkSync(path.join(folder, 'link')), 'real/result.txt')
  assert.equal(fs.readFileSync(path.join(folder, 'real/result.txt'), 'utf8'), 'new')
  assert.deepEqual(fs.readdirSync(path.join(folder, 'real')), ['result.txt'])
})

test('a place that cannot be written to is refused by its name before anything runs', async (t) => {
  const folder = await createTempFolder(t, { file: '', 'folder/file': '' })
  const cases: [string, RegExp][] = [
    ['nowhere/result.txt', /once.*output.*nowhere\/result\.txt.*no such folder/],
    ['file/result.txt', /file\/result\.txt.*no folder/],
    ['folder', /folder.*it is a folder/],
    ['/proc/result.txt', /\/proc\/result\.txt/],
  ]
  for (const [target, message] of cases) {
    await assert.rejects(open(folder, target), hasCode(errors.output_unwritable.code, message), target)
  }
})

test('a file whose folder has gone is a failure that names it', async (t) => {
  const folder = await createTempFolder(t, { 'sub/x': '' })
  const output = await open(folder, 'sub/result.txt')
  await output.take(body('lost'), true)
  fs.rmSync(path.join(folder, 'sub'), { recursive: true })
  await assert.rejects(output.close(), hasCode(errors.output_failed.code, /sub\/result\.txt/))
})

test('a full disk is a failure, and the body is left', { skip: !fs.existsSync('/dev/full') }, async (t) => {
  const output = await open(await createTempFolder(t), '/dev/full')
  const given = body('much', 'more')
  await assert.rejects(output.take(given, true), hasCode(errors.output_failed.code, /\/dev\/full.*disk is full/))
  assert.equal((await given.next()).done, true)
  await output.close()
})

test('a device is written to and not replaced', async (t) => {
  const output = await open(await createTempFolder(t), '/dev/null')
  await output.take(body('x'), true)
  await output.close()
  assert.ok(fs.statSync('/dev/null').isCharacterDevice())
})

test('a named pipe takes more than it holds, and is refused when nobody reads it', async (t) => {
  const folder = await createTempFolder(t)
  const pipe = path.join(folder, 'pipe')
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
  await assert.rejects(open(folder, 'pipe'), hasCode(errors.output_unwritable.code, /nobody reads/))
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = await waitUntil('a reader', () => open(folder, 'pipe').catch(() => undefined))
  const length = 300_000
  const taken = output?.take(body('x'.repeat(length)), true).then(() => output.close())
  let read = 0
  for await (const chunk of reader.stdout) read += (chunk as Buffer).length
  await taken
  assert.equal(read, length)
})

interface Collected {
  stream: Writable
  text(): string
}

function collect(): Collected {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return { stream, text: () => text }
}

test('a stream gets a final body as it comes', async () => {
  const { stream, text } = collect()
  const output = openDirectOutput(standardOutput(stream))
  const seen: string[] = []
  async function* chunks(): AsyncGenerator<Bytes> {
    for (const chunk of ['a', 'b']) {
      yield Buffer.from(chunk)
      seen.push(text())
    }
  }
  await output.take(chunks(), true)
  await output.close()
  assert.deepEqual(seen, ['a', 'ab'])
})

test('a stream gets nothing of a body that a later one replaces', async () => {
  const { stream, text } = collect()
  const output = openDirectOutput(standardOutput(stream))
  await output.take(body('first'), false)
  await assert.rejects(output.take(body('torn', new Error('torn')), false), /torn/)
  assert.equal(text(), '')
  await output.take(body('last'), true)
  await output.close()
  assert.equal(text(), 'last')
})

test('a stream gets the last whole body at the end when no final one came', async () => {
  const { stream, text } = collect()
  const output = openDirectOutput(standardOutput(stream))
  await output.take(body('fir', 'st'), false)
  await assert.rejects(output.take(body(new Error('torn')), true), /torn/)
  await output.close()
  assert.equal(text(), 'first')
})

test('a stream that was closed is a failure, never an exception of the process', async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  })
  const output = openDirectOutput(standardOutput(stream))
  const closed = hasCode(errors.output_failed.code, /standard output: its reader has closed it/)
  await assert.rejects(output.take(body('x'), true), closed)
  await output.close()
})

test('a result has the permissions of the file whose place it takes', async (t) => {
  const folder = await createTempFolder(t, { 'result.txt': 'secret' })
  const file = path.join(folder, 'result.txt')
  fs.chmodSync(file, 0o600)
  const output = await open(folder, 'result.txt')
  await output.take(body('answer'), true)
  await output.close()
  assert.equal(fs.readFileSync(file, 'utf8'), 'answer')
  assert.equal(fs.statSync(file).mode & 0o777, 0o600)
})

test('an answer that is kept for a pipe is nobody else’s to read', async (t) => {
  const folder = await createTempFolder(t)
  const formerly = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  t.after(() => (formerly === undefined ? delete process.env['TMPDIR'] : (process.env['TMPDIR'] = formerly)))
  const output = openDirectOutput(standardOutput(new Writable({ write: (_chunk, _encoding, done) => done() })))
  await output.take(body('secret'), false)
  const [kept = ''] = fs.readdirSync(folder)
  assert.equal(fs.statSync(path.join(folder, kept)).mode & 0o777, 0o600)
  await output.close()
})

test('an answer that comes when the job is over leaves nothing behind', async (t) => {
  const folder = await createTempFolder(t)
  const output = await open(folder, 'result.txt')
  await output.close()
  await assert.rejects(output.take(body('late'), true), hasCode('output_failed', /over/))
  assert.deepEqual(fs.readdirSync(folder), [])
})
