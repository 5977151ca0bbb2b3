import assert from 'node:assert/strict'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { HandlerSide, Response, Task, WorkerHooks } from '@pelton/core'
import { createTempFolder, eventData, waitUntil, within } from '@pelton/testkit'
import { errorOf, spawnWorker } from '../fixtures/spawn-worker.ts'

/** A handler side whose members `send` and `now` are calls. */
const side = `export const createHandlerSide = (call) => ({
  send: (to, bytes) => call('send', { to, bytes: Buffer.from([1]) }, bytes),
  fail: () => call('fail', {}),
})`

async function sideOf(t: TestContext, source: string, member = 'chat'): Promise<HandlerSide> {
  const folder = await createTempFolder(t, { 'handler side.mjs': source })
  return { member, node: pathToFileURL(path.join(folder, 'handler side.mjs')).href, python: '' }
}

function hooksOf(call: WorkerHooks['call']): WorkerHooks {
  return { log: () => undefined, fault: () => undefined, call }
}

for (const isolation of ['thread', 'process'] as const) {
  test(`handlers of a ${isolation} call their trigger by what its kind gave them`, async (t) => {
    const calls: unknown[] = []
    const hooks = hooksOf(async (operation, payload, body) => {
      calls.push([operation, payload, body?.toString()])
      if (operation === 'fail') throw new Error('no such connection')
      return { delivered: calls.length }
    })
    const handler = `exports.initContext = async (context) => {
      context.userData.first = await context.chat.send('init')
    }
    exports.handler = async (context, event) => {
      const second = await context.chat.send(event.text(), event.body)
      const failure = await context.chat.fail().catch((error) => error.code)
      return [context.userData.first.delivered, second.delivered, failure].join()
    }`
    const { ask } = await spawnWorker(t, handler, { isolation, hooks, handlerSides: [await sideOf(t, side)] })
    assert.equal(await ask('a'), '1,2,call_failed')
    const bytes = Buffer.from([1])
    assert.deepEqual(calls, [
      ['send', { to: 'init', bytes }, undefined],
      ['send', { to: 'a', bytes }, 'a'],
      ['fail', {}, undefined],
    ])
  })
}

const results = `export const createHandlerSide = () => ({
  go: (response, text) => Object.assign(response, { extra: { chat: { text, bytes: Buffer.from(text) } } })
})`
const extraOf = (text: string): object => ({ chat: { text, bytes: Buffer.from(text) } })

async function responseOf({ outcome }: Task): Promise<Response> {
  const settled = await within('outcome', outcome)
  assert.equal(settled.status, 'handled')
  return settled.response
}

for (const isolation of ['thread', 'process'] as const) {
  for (const compat of ['none', 'nuclio'] as const) {
    test(`what it makes for its trigger alone leaves a ${isolation} with the response, in files of ${compat}`, async (t) => {
      const facts = { isolation, compat, handlerSides: [await sideOf(t, results)] }
      const go = "context.chat.go(new context.Response('x'), event.text())"
      const single = await spawnWorker(t, `exports.handler = (context, event) => ${go}`, facts)
      const response = await responseOf(single.worker.handle(eventData('a')))
      assert.deepEqual([response.extra, String(response.body)], [extraOf('a'), 'x'])
      const source = `exports.handler = (context, events) => events.map((event) => ${go})`
      const { worker } = await spawnWorker(t, source, { ...facts, batchSize: 2 })
      const tasks = worker.handleBatch?.([eventData('a'), eventData('b')], []) ?? []
      const answers = await Promise.all(tasks.map(responseOf))
      assert.deepEqual(
        answers.map(({ extra }) => extra),
        [extraOf('a'), extraOf('b')],
      )
    })
  }

  test(`what cannot leave a ${isolation} for its trigger fails the event`, async (t) => {
    const { ask } = await spawnWorker(
      t,
      `exports.handler = (context, event) =>
        Object.assign(new context.Response('x'), { extra: event.text() === 'big' ? { n: 1n } : [] })`,
      { isolation },
    )
    assert.match((await errorOf(ask('list'))).message, /extra must be a plain object/)
    assert.match((await errorOf(ask('big'))).message, /BigInt/)
  })

  test(`a handler in a ${isolation} that says nothing is told from one that gives an empty text`, async (t) => {
    const says = "event.text() === 'nothing' ? undefined : ''"
    for (const [compat, handler] of [
      ['none', `exports.handler = (context, event) => ${says}`],
      ['none', `exports.handler = async (context, event) => ${says}`],
      ['nuclio', `exports.handler = (context, event) => context.callback(${says})`],
    ] as const) {
      const { worker } = await spawnWorker(t, handler, { isolation, compat })
      assert.equal((await responseOf(worker.handle(eventData('nothing')))).body, undefined)
      assert.equal(String((await responseOf(worker.handle(eventData('empty')))).body), '')
    }
  })
}

const view = `export const createHandlerSide = () => ({})
export const viewEvent = (event) => ({
  ...Object.fromEntries(['id', 'attempt', 'trigger', 'timestamp', 'headers', 'fields'].map((name) => [name, event[name]])),
  get body() { return Buffer.from(JSON.stringify(this.extra.numbers)) },
  get extra() { return { numbers: event.body.toString().split(',').map(Number) } },
})`

for (const isolation of ['thread', 'process'] as const) {
  test(`handlers in a ${isolation} see the events of a kind as its view makes them, others as they came`, async (t) => {
    const handlerSides = [{ ...(await sideOf(t, view)), kind: 'sums' }]
    const handler = 'exports.handler = (context, event) => [event.text(), event.size, event.numbers?.[1]].join()'
    const { worker } = await spawnWorker(t, handler, { isolation, handlerSides, eventMembers: ['numbers'] })
    const answers = ['sums', 'http'].map(async (kind) => {
      const { body } = await responseOf(worker.handle(eventData('1,2', { trigger: { kind, name: 'a' } })))
      return String(body)
    })
    assert.deepEqual(await Promise.all(answers), ['[1,2],5,2', '1,2,3,'])
  })
}

for (const isolation of ['thread', 'process'] as const) {
  test(`what is known of a member when a ${isolation} starts is told to the module that makes it`, async (t) => {
    const source = 'export const createHandlerSide = (call, facts) => facts ?? "none"'
    const told = { ...(await sideOf(t, source, 'told')), facts: [{ name: 'a', shape: [-1] }] }
    const handlerSides = [told, await sideOf(t, source, 'untold')]
    const handler = 'exports.handler = (context) => JSON.stringify([context.told, context.untold])'
    const { ask } = await spawnWorker(t, handler, { isolation, handlerSides })
    assert.equal(await ask(), '[[{"name":"a","shape":[-1]}],"none"]')
  })
}

test('it works outside events, in every kind of file, and what the handler assigns wins', async (t) => {
  const handlerSides = [await sideOf(t, side), await sideOf(t, side, 'other')]
  for (const compat of ['none', 'nuclio'] as const) {
    const operations: string[] = []
    const hooks = hooksOf(async (operation) => operations.push(operation))
    const handler = `exports.initContext = (context) => {
      setTimeout(() => context.chat.send('later'), 5)
      context.other = 'own'
    }
    exports.handler = (context) => Object.keys(context.chat).join() + ' ' + context.other`
    const { ask } = await spawnWorker(t, handler, { compat, hooks, handlerSides })
    assert.equal(await ask(), 'send,fail own')
    await waitUntil('the call of the timer', () => operations.includes('send'))
  }
})

test('a resident handles the calls of its handler in their thread, the processor the others', async (t) => {
  const folder = await createTempFolder(t, {
    'resident.mjs': `export async function startResident({ worker, onCall, post, onMessage }) {
      const marks = []
      onCall('send', async (payload, body) => (marks.push(payload.bytes), String(body) + marks.length))
      onMessage(async (message) => {
        const { response } = await worker.handle({ ...message, body: Buffer.from('x') }).outcome
        post([String(response.body), response.extra?.n])
      })
    }`,
  })
  const resident = { module: pathToFileURL(path.join(folder, 'resident.mjs')).href, data: undefined }
  const operations: string[] = []
  const hooks = hooksOf(async (operation) => (operations.push(operation), 'from afar'))
  const handler = `exports.handler = async (context, event) => {
    const answer = await context.chat.send('a', event.body) + ' ' + await context.chat.fail()
    return Object.assign(new context.Response(answer), { extra: { n: 1 } })
  }`
  const { worker } = await spawnWorker(t, handler, { hooks, resident, handlerSides: [await sideOf(t, side)] })
  const answers: unknown[] = []
  worker.resident?.onMessage((message) => answers.push(message))
  worker.resident?.send({ id: '1', trigger: { kind: 'chat', name: 'chat' }, headers: {} })
  await waitUntil('the answer', () => answers.length === 1)
  assert.deepEqual([answers, operations], [[['x1 from afar', 1]], ['fail']])
})

test('a handler side that cannot be made is a fault of ours, told with its reason', async (t) => {
  for (const [source, reason] of [
    ['throw new Error("broken")', /context\.chat .*handler%20side\.mjs: broken/],
    ['export const createHandlerSide = () => { throw new Error("no calls") }', /no calls/],
    ['export const other = 1', /createHandlerSide is not a function/],
  ] as const) {
    const handlerSides = [await sideOf(t, source)]
    const error = await errorOf(spawnWorker(t, 'exports.handler = () => 1', { handlerSides }))
    assert.deepEqual([error.code, error.blame, error.retryable], ['handler_side_failed', 'bug', false])
    assert.match(error.message, reason)
  }
})
