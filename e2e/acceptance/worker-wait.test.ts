import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Answer, serve, serveSuite } from './serve-function.ts'

interface Run {
  begun: number
  ended: number
  worker: number
}

const runOf = (answer: Answer): Run => JSON.parse(answer.text) as Run

/** Most runs at the same moment. */
function overlap(runs: Run[]): number {
  return Math.max(...runs.map(({ begun }) => runs.filter((one) => one.begun <= begun && begun < one.ended).length))
}

describe('waiting for workers', () => {
  const served = serveSuite('worker-wait')
  const send = (trigger: string, ms: number, path = '/'): Promise<Answer> =>
    served().ask(String(ms), { url: served().urlOf(trigger), path })

  test('8.3 row 20: without waiting one of five is answered and four are a 503 without a body', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send('no-wait', 500)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 503, 503, 503, 503])
    for (const { status, text } of answers) if (status === 503) assert.equal(text, '')
    assert.deepEqual(await served().counts('no-wait'), { success: 1, failure: 4 })
    const series = 'nuclio_processor_worker_allocation_total'
    assert.equal(await served().metric(series, { trigger_id: 'no-wait', result: 'error_timeout' }), 4)
  })

  test('8.3 row 21: with 10 s to wait all five are answered, one after the other', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send('wait', 50)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200],
    )
    assert.equal(overlap(answers.map(runOf)), 1)
  })

  test('8.13 row 84: two triggers of one workerAllocatorName run as many at a time as it has workers', async () => {
    const answers = await Promise.all(['left', 'left', 'left', 'left', 'left', 'left'].map((name) => send(name, 60)))
    assert.equal(overlap(answers.map(runOf)), 2)
    assert.deepEqual([...new Set(answers.map((answer) => runOf(answer).worker))].sort(), [0, 1])
  })

  test('8.13 row 84: a third allocation fails after its time, and a worker that is free again is taken', async () => {
    const long = send('left', 900, '/long')
    const short = send('right', 400, '/short')
    await Promise.all([served().logged({ path: '/long' }), served().logged({ path: '/short' })])
    assert.equal((await send('right', 1)).status, 503)
    const freed = runOf(await short).worker
    assert.equal(runOf(await send('right', 1)).worker, freed)
    assert.notEqual(runOf(await long).worker, freed)
  })
})

test('8.13 rows 83 and 88: many triggers of one allocator get the same single worker', async (t) => {
  const names = Array.from({ length: 24 }, (_, index) => `t${index}`)
  const triggers = names.map((name) => `    ${name}: { kind: http, url: 127.0.0.1:0, workerAllocatorName: one }\n`)
  const served = await serve(t, {
    'function.yaml': `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: many }
spec:
  handler: handler:handler
  runtime: nodejs
  triggers:
${triggers.join('')}`,
    'handler.js': `const id = require('node:crypto').randomUUID()
let open = 0
exports.handler = async (context) => {
  open += 1
  const most = open
  await new Promise((resolve) => setTimeout(resolve, 1))
  open -= 1
  return [id, most, context.workerId]
}
`,
  })
  const answers = await Promise.all(names.map((name) => served.ask('', { url: served.urlOf(name) })))
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.match(answers[0]?.text ?? '', /^\["[^"]+",1,0\]$/)
  assert.equal(await served.metric('pelton_workers_ready', { pool: 'one' }), 1)
})
