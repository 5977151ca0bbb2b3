import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FunctionConfig, TriggerConfig } from '@pelton/processor'
import { endsWithJob, findJob, isJobOnly, withJobWords } from './job-trigger.ts'

interface Given {
  exitProcess?: boolean
}

function trigger(name: string, kind: string, { exitProcess }: Given = {}): TriggerConfig {
  const event = { body: 'written', headers: { a: 'b' }, path: '/p', method: '', fields: {} }
  const attributes = { event, output: '', ...(exitProcess === undefined ? {} : { exitProcess }) }
  // Only what is looked at.
  return { settings: { name, kind, attributes } } as unknown as TriggerConfig
}

function config(...triggers: TriggerConfig[]): FunctionConfig {
  return { triggers } as FunctionConfig
}

const job = (given?: Given): TriggerConfig => trigger('once', 'job', given)
const http = trigger('web', 'http')

test('a function is for a job when all its triggers are jobs and none keeps the process, or when one ends it', () => {
  assert.equal(endsWithJob(config(job())), true)
  assert.equal(endsWithJob(config(job(), trigger('other', 'job'))), true)
  assert.equal(endsWithJob(config(job(), http)), false)
  assert.equal(endsWithJob(config(job({ exitProcess: true }), http)), true)
  assert.equal(endsWithJob(config(job({ exitProcess: false }))), false)
  assert.equal(endsWithJob(config()), false)
})

test('a function is only for jobs when it has no other trigger, and one at least', () => {
  assert.deepEqual(
    [isJobOnly(config()), isJobOnly(config(job())), isJobOnly(config(job(), http))],
    [false, true, false],
  )
})

test('the job that flags mean is the only one', () => {
  assert.equal(findJob(config(http, job()), ['--body']), 'once')
  const usage = (message: RegExp) => ({ code: 'wrong_usage', message })
  assert.throws(() => findJob(config(http), ['--body', '--output']), usage(/--body and --output: .*pelton invoke/))
  assert.throws(() => findJob(config(job(), trigger('other', 'job')), ['--body']), usage(/once, other/))
})

test('words change what they name and nothing else', () => {
  const event = { body: 'new', headers: {}, path: '', method: 'PUT', fields: { x: 1 } }
  const attributesOf = (words: Parameters<typeof withJobWords>[2]): unknown =>
    withJobWords(config(http, job()), 'once', words).triggers.map(({ settings }) => settings.attributes)[1]
  const written = job().settings.attributes as { event: object }
  const body = Buffer.from('bytes')
  assert.deepEqual(attributesOf({}), written)
  assert.deepEqual(attributesOf({ event }), { ...written, event })
  assert.deepEqual(attributesOf({ body }), { ...written, event: { ...written.event, body } })
  assert.deepEqual(attributesOf({ event, body, output: '-' }), { event: { ...event, body }, output: '-' })
})
