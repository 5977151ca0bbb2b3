import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handlerStack } from './handler-stack.ts'

const host = new URL('.', import.meta.url).href
const sdk = new URL('.', import.meta.resolve('@pelton/sdk/host')).href
const user = 'at handler (file:///f/handler.mjs:2:9)'
const below = [
  `at ${host}event-runner.ts:60:31`,
  `at Settlement.run (${sdk}settlement.ts:47:22)`,
  `at #begin (${host}event-runner.ts:60:21)`,
  'at AsyncLocalStorage.run (node:internal/async_local_storage/async_context_frame:65:14)',
  'at #step (file:///p/protocols/src/worker/serve-worker.ts:151:36)',
]

function stack(...frames: string[]): string {
  return ['Error: it broke', 'on two lines', ...frames.map((frame) => `    ${frame}`)].join('\n')
}

test('what brought the event to the handler is left out', () => {
  assert.equal(
    handlerStack(stack('at deep (/f/common.js:1:1)', user, ...below)),
    stack('at deep (/f/common.js:1:1)', user),
  )
})

test('what the handler called stays, Pelton’s own and Node.js’s', () => {
  const called = ['at JSON.parse (<anonymous>)', `at HandlerEvent.json (${sdk}handler-event.ts:127:44)`, user]
  assert.equal(handlerStack(stack(...called, ...below)), stack(...called))
  const asked = [
    `at async callFunction (${host}call-function.ts:33:15)`,
    `at async handler (file:///f/handler.mjs:2:9)`,
  ]
  assert.equal(handlerStack(stack(...asked, ...below)), stack(...asked))
})

test('what Node.js calls handlers by is left out at the bottom only', () => {
  const emit = ['at Emitter.emit (node:events:508:28)', user]
  const timer = 'at listOnTimeout (node:internal/timers:605:17)'
  assert.equal(
    handlerStack(stack(...emit, timer, 'at process.processTimers (node:internal/timers:541:7)')),
    stack(...emit),
  )
})

test('an error of our own keeps its whole stack, and one without frames is as it was', () => {
  assert.equal(handlerStack(stack(...below.slice(0, 4))), stack(...below.slice(0, 4)))
  for (const text of ['', 'Error: no frames', 'at a glance\nit broke']) assert.equal(handlerStack(text), text)
})
