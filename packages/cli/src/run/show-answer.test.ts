import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '@pelton/core'
import type { Terminal } from '../terminal.ts'
import { showAnswer } from './show-answer.ts'

/** What a person sees: stderr as far as it was written out, and stdout. */
async function seen(body: string | undefined, resultColumns?: number): Promise<{ code: number; text: string }> {
  let queued = ''
  let text = ''
  const flush = (): void => {
    text += queued
    queued = ''
  }
  const terminal: Partial<Terminal> = {
    paint: (_style, words) => words,
    resultColumns,
    say: (words) => void (queued += words),
    flush,
    result: async (part) => void (text += Buffer.from(part).toString()),
  }
  const outcome: Outcome = {
    status: 'handled',
    finished: Promise.resolve(),
    response: {
      status: 200,
      headers: [['x-a', '1']],
      contentType: 'text/plain',
      body: body === undefined ? undefined : Buffer.from(body),
      bodyType: 'text',
    },
  }
  const code = await showAnswer(outcome, terminal as Terminal)
  flush()
  return { code, text }
}

const head = '200 text/plain\nx-a: 1\n'

test('the head of an answer stands before its body', async () => {
  assert.deepEqual(await seen('Ada'), { code: 0, text: `${head}Ada` })
})

test('on a terminal a body ends its line; in a pipe it stays as it is', async () => {
  assert.equal((await seen('Ada', 80)).text, `${head}Ada\n`)
  assert.equal((await seen('Ada\n', 80)).text, `${head}Ada\n`)
  assert.equal((await seen(undefined, 80)).text, head)
  assert.equal((await seen('Ada\n')).text, `${head}Ada\n`)
})
