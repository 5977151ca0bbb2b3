import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker as Thread } from 'node:worker_threads'
import { within } from '@pelton/testkit'
import { createThreadState, createThreadVessel } from './thread-vessel.ts'

test('a thread out of memory is a worker that ended', async () => {
  const code = 'const all = []; for (;;) all.push(new Array(1000).fill({}))'
  const thread = new Thread(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 10 } })
  const vessel = createThreadVessel(thread, createThreadState())
  assert.equal(await within('gone', vessel.gone, 20_000), 'ran out of memory')
})
