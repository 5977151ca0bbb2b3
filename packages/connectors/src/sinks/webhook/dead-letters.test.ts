import assert from 'node:assert/strict'
import fs from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { createLogger, type LogRecord } from '@pelton/core'
import { createSink, createTempFolder, sinkItem } from '@pelton/testkit'
import { deadLetterLine, mostBodyBytes } from './dead-letter.ts'
import { DeadLetters } from './dead-letters.ts'
import { openWebhook, rejection } from './fixtures/open-webhook.ts'
import { startReceiver, statuses } from './fixtures/start-receiver.ts'
import manifest from './index.ts'

async function readLetters(file: string): Promise<Record<string, unknown>[]> {
  const lines = (await fs.readFile(file, 'utf8')).split('\n')
  assert.equal(lines.pop(), '')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('what was given up is kept with all that is needed to send it again, and nothing that is secret', async (t) => {
  const folder = await createTempFolder(t)
  const receiver = await startReceiver(t, statuses(200, 404, 500))
  const { sink } = await openWebhook(
    t,
    {
      url: `http://me:secret@127.0.0.1:${receiver.port}/in`,
      headers: { 'X-API-Key': 'secret' },
      maxRetries: 1,
      dead_letter_file: 'dead.jsonl',
    },
    { folder },
  )
  await sink.write(sinkItem('fine'))
  await rejection(
    sink.write(sinkItem('text "ä"\n', { eventId: 'e-1', contentType: 'text/plain', fields: { frame_num: 7 } })),
  )
  await rejection(sink.write(sinkItem(Buffer.from([0xff, 0]), { eventId: 'e-2' })))
  const file = path.join(folder, 'dead.jsonl')
  const letters = await readLetters(file)
  const url = `${receiver.url}/in`
  assert.partialDeepStrictEqual(letters, [
    {
      event_id: 'e-1',
      url,
      reason: 'status 404',
      attempts: 1,
      content_type: 'text/plain',
      body: 'text "ä"\n',
      headers: { 'X-Event-Id': 'e-1', 'X-Frame-Number': '7' },
    },
    { event_id: 'e-2', url, reason: 'status 500', attempts: 2, body_base64: '/wA=', body_bytes: 2 },
  ])
  for (const { time } of letters) assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000)
  assert.doesNotMatch(await fs.readFile(file, 'utf8'), /secret/)
  assert.equal((await fs.stat(file)).mode & 0o777, 0o600)
})

test('what closing cuts off is kept, too', async (t) => {
  const folder = await createTempFolder(t)
  const receiver = await startReceiver(t, () => undefined)
  const { sink } = await openWebhook(t, { url: receiver.url, dead_letter_file: 'dead.jsonl' }, { folder })
  const write = rejection(sink.write(sinkItem('cut')))
  await receiver.until(1)
  await sink.close(10)
  assert.equal((await write).code, 'webhook_cut')
  assert.partialDeepStrictEqual(await readLetters(path.join(folder, 'dead.jsonl')), [{ body: 'cut', attempts: 1 }])
})

test('a file that cannot be written stops the start', async (t) => {
  const folder = await createTempFolder(t, { 'file.txt': '' })
  for (const file of ['gone/dead.jsonl', 'file.txt/dead.jsonl', '.', '/dev/null']) {
    const sink = await createSink(manifest, { url: 'http://127.0.0.1:1', dead_letter_file: file }, { folder })
    const error = await rejection(sink.open(() => undefined))
    assert.deepEqual([error.code, error.retryable], ['dead_letters_unusable', false], file)
    assert.ok(error.message.includes(path.resolve(folder, file)))
  }
})

test('a letter that cannot be kept is said once, and the write has its own reason all the same', async (t) => {
  const folder = await createTempFolder(t, { 'letters/keep': '' })
  const records: LogRecord[] = []
  const logger = createLogger((record) => void records.push(record))
  const receiver = await startReceiver(t, statuses(400))
  const file = 'letters/dead.jsonl'
  const { sink } = await openWebhook(t, { url: receiver.url, dead_letter_file: file }, { folder, logger })
  const lost = (): number => records.filter(({ message }) => message === 'dead_letter_lost').length
  await fs.rm(path.join(folder, 'letters'), { recursive: true })
  for (const body of ['a', 'b']) assert.equal((await rejection(sink.write(sinkItem(body)))).code, 'webhook_refused')
  assert.equal(lost(), 1)
  await fs.mkdir(path.join(folder, 'letters'))
  await rejection(sink.write(sinkItem('c')))
  assert.partialDeepStrictEqual(await readLetters(path.join(folder, file)), [{ body: 'c' }])
  await fs.rm(path.join(folder, 'letters'), { recursive: true })
  await rejection(sink.write(sinkItem('d')))
  assert.equal(lost(), 2)
})

test('a file that has grown too large is moved aside, once: twice its size is the most', async (t) => {
  const folder = await createTempFolder(t)
  const file = path.join(folder, 'dead.jsonl')
  const letters = new DeadLetters(file, 100)
  await letters.open()
  // All at once: they are written one after the other.
  await Promise.all(Array.from({ length: 30 }, (_, number) => letters.add(`${String(number).padStart(29, '0')}\n`)))
  assert.deepEqual((await fs.readdir(folder)).toSorted(), ['dead.jsonl', 'dead.jsonl.1'])
  const sizes = await Promise.all([file, `${file}.1`].map(async (one) => (await fs.stat(one)).size))
  assert.deepEqual(sizes, [60, 120])
  assert.match(await fs.readFile(file, 'utf8'), /28\n0+29\n$/)
})

test('a body that is too large for a letter is left out, and its size said', () => {
  const givenUp = { kind: 'failed', reason: 'status 500', attempts: 1 } as const
  const facts = { url: 'http://x/', givenUp, wallMs: 0 }
  const letter = JSON.parse(deadLetterLine(sinkItem(Buffer.alloc(mostBodyBytes + 1)), facts)) as object
  assert.partialDeepStrictEqual(letter, { body_bytes: mostBodyBytes + 1, time: '1970-01-01T00:00:00.000Z' })
  assert.ok(!('body' in letter) && !('body_base64' in letter))
})
