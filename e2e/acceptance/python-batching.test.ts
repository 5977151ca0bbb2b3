import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Answer, type ServedFunction, type ServeOptions, serveSuite } from './serve-function.ts'

const yaml = (batch: string, numWorkers = 1): string => `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: batching }
spec:
  runtime: python
  handler: main:handler
  triggers: { http: { kind: http, url: 127.0.0.1:0, numWorkers: ${numWorkers}, batch: ${batch} } }
`

const handler = (begins: string): string => `import asyncio, time

${begins} handler(context, batch):
    bodies = [event.body.decode() for event in batch]
    context.logger.info_with('batch', size=len(batch))
    if 'raise' in bodies:
        raise RuntimeError('as told')
    if 'sleep' in bodies:
        begun = time.monotonic()
        ${begins === 'def' ? 'time.sleep(0.3)' : 'await asyncio.sleep(0.3)'}
        run = [begun, time.monotonic()]
        return [context.Response(body=run, headers={}, event_id=event.id) for event in batch]
    results = [
        context.Response(body=f'{event.body.decode()} of {len(batch)}', headers={}, content_type='text/plain',
            status_code=200, event_id=event.id)
        for event in reversed(batch)
    ]
    return [result for result, body in zip(results, reversed(bodies)) if body != 'forget']
`

const fast = '{ mode: enable, batchSize: 2, timeout: 1ms }'
const patient = '{ mode: enable, batchSize: 4, timeout: 10s }'

function describeBatches(begins: string): void {
  const suite = (batch: string, numWorkers = 1, options: ServeOptions = {}): (() => ServedFunction) =>
    serveSuite({ 'function.yaml': yaml(batch, numWorkers), 'main.py': handler(begins) }, options)
  const ask = (served: ServedFunction, ...bodies: string[]): Promise<Answer[]> =>
    Promise.all(bodies.map((body) => served.ask(body)))

  describe('with a short timeout', () => {
    const served = suite(fast)
    test('8.2 row 19: an event that stays alone is handled alone', async () => {
      for (const body of ['hello-0', 'hello-1']) {
        const [answer] = await ask(served(), body)
        assert.deepEqual([answer?.status, answer?.text], [200, `${body} of 1`])
      }
    })
  })

  describe('with a long one', () => {
    const served = suite(patient)
    test('a full batch leaves at once, and each event gets the response with its id', async () => {
      const bodies = Array.from({ length: 8 }, (_, index) => `e${index}`)
      const answers = await ask(served(), ...bodies)
      assert.deepEqual(
        answers.map(({ text }) => text),
        bodies.map((body) => `${body} of 4`),
      )
    })

    test('an event without a response is an empty 200 in a nuclio file', async () => {
      const answers = await ask(served(), 'a', 'forget', 'b', 'c')
      assert.deepEqual(
        answers.map(({ status, text }) => [status, text]),
        [
          [200, 'a of 4'],
          [200, ''],
          [200, 'b of 4'],
          [200, 'c of 4'],
        ],
      )
    })

    test('a handler that raises fails each event of its batch, and the next batch works', async () => {
      const failed = await ask(served(), 'a', 'raise', 'b', 'c')
      assert.deepEqual(
        failed.map(({ status }) => status),
        [500, 500, 500, 500],
      )
      assert.equal(new Set(failed.map(({ headers }) => headers.get('x-pelton-event-id'))).size, 4)
      const answers = await ask(served(), 'a', 'b', 'c', 'd')
      assert.ok(answers.every(({ status }) => status === 200))
    })
  })

  describe('in a Pelton file', () => {
    const served = suite(patient, 1, { args: ['--set', 'spec.compat=none'] })
    test('an event without a response is a 500', async () => {
      const answers = await ask(served(), 'a', 'forget', 'b', 'c')
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 500, 200, 200],
      )
    })
  })

  describe('with two workers', () => {
    const served = suite(patient, 2)
    test('batches run side by side', async () => {
      const answers = await ask(served(), ...Array.from({ length: 8 }, () => 'sleep'))
      const runs = [...new Set(answers.map(({ text }) => text))].map((text) => JSON.parse(text) as [number, number])
      assert.equal(runs.length, 2)
      assert.ok(Math.max(...runs.map(([begun]) => begun)) < Math.min(...runs.map(([, ended]) => ended)))
    })
  })
}

describe('batches of a sync Python handler', () => describeBatches('def'))
describe('batches of an async Python handler', () => describeBatches('async def'))
