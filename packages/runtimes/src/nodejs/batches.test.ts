import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HandleOptions, Outcome, Task } from '@pelton/core'
import { eventData, waitUntil, within } from '@pelton/testkit'
import { type SpawnedWorker, spawnWorker } from './fixtures/spawn-worker.ts'

const handler = `
exports.handler = async (context, events) => {
  const [first] = events
  if (first.text() === 'die') process.exit(1)
  if (first.text() === 'wait') {
    context.logger.info('waiting')
    await new Promise((resolve) => events[1].signal.addEventListener('abort', resolve))
  }
  if (first.text() === 'stream') return events.map((event) => (async function* () { yield event.text(); yield '!' })())
  return events.map((event) => event.signal.aborted ? [499, 'left'] : event.text().slice(0, 9) + ' of ' + events.length)
}`

const batch = ({ worker }: SpawnedWorker, bodies: string[], options: (HandleOptions | undefined)[] = []): Task[] =>
  worker.handleBatch?.(
    bodies.map((body) => eventData(body)),
    options,
  ) ?? []

const outcomes = (tasks: Task[]): Promise<Outcome[]> =>
  within('outcomes', Promise.all(tasks.map((task) => task.outcome)))

async function answers(tasks: Task[]): Promise<string[]> {
  return (await outcomes(tasks)).map((outcome) =>
    outcome.status === 'failed' ? outcome.error.code : String(outcome.response.body),
  )
}

for (const isolation of ['thread', 'process'] as const) {
  describe(`batches in a ${isolation}`, () => {
    test('a batch is handled in one call, whatever its size, and batches beside each other', async (t) => {
      const spawned = await spawnWorker(t, handler, { isolation, batchSize: 3000 })
      const sizes = [1, 2, 1000, 3000]
      const batches = sizes.map((size) =>
        batch(
          spawned,
          Array.from({ length: size }, (_, at) => `${at}`),
        ),
      )
      for (const [at, tasks] of batches.entries()) {
        const expected = Array.from({ length: sizes[at] ?? 0 }, (_, index) => `${index} of ${sizes[at]}`)
        assert.deepEqual(await answers(tasks), expected)
      }
    })

    test('large bodies keep their places', async (t) => {
      const spawned = await spawnWorker(t, handler, { isolation, batchSize: 4 })
      const bodies = ['a'.repeat(1_000_000), 'b', 'c'.repeat(20_000), 'd']
      const expected = bodies.map((body) => `${body.slice(0, 9)} of 4`)
      assert.deepEqual(await answers(batch(spawned, bodies)), expected)
    })

    test('an event whose caller left is handled with its batch, its signal aborted', async (t) => {
      const spawned = await spawnWorker(t, handler, { isolation, batchSize: 4 })
      const left = AbortSignal.abort()
      assert.deepEqual(await answers(batch(spawned, ['a', 'b'], [{ signal: left }])), ['left', 'b of 2'])
      const controller = new AbortController()
      const tasks = batch(spawned, ['wait', 'b', 'c'], [undefined, { signal: controller.signal }])
      await waitUntil('the handler', () => spawned.logs.some(({ message }) => message === 'waiting'))
      for (const task of tasks) assert.notEqual(task.begunAt(), undefined)
      controller.abort()
      assert.deepEqual(await answers(tasks), ['wait of 3', 'left', 'c of 3'])
    })

    test('events of a batch are answered with streams', async (t) => {
      const spawned = await spawnWorker(t, handler, { isolation, batchSize: 2 })
      const texts = (await outcomes(batch(spawned, ['stream', 'b']))).map(async (outcome) => {
        assert.ok(outcome.status === 'handled')
        let text = ''
        for await (const chunk of outcome.response.body as AsyncIterable<Uint8Array>)
          text += Buffer.from(chunk).toString()
        return text
      })
      assert.deepEqual(await within('streams', Promise.all(texts)), ['stream!', 'b!'])
    })

    test('a worker that dies fails each event of the batch that it had begun', async (t) => {
      const spawned = await spawnWorker(t, handler, { isolation, batchSize: 2 })
      const tasks = batch(spawned, ['die', 'b'])
      assert.deepEqual(await answers(tasks), ['worker_lost', 'worker_lost'])
      for (const task of tasks) assert.notEqual(task.begunAt(), undefined)
    })

    test('an event alone is a batch of one', async (t) => {
      const { ask } = await spawnWorker(t, handler, { isolation, batchSize: 2 })
      assert.equal(await ask('x'), 'x of 1')
    })

    test('a batch for a worker without batches ends that worker', async (t) => {
      const spawned = await spawnWorker(t, handler, { isolation })
      assert.deepEqual(await answers(batch(spawned, ['a'])), ['worker_lost'])
    })
  })
}
