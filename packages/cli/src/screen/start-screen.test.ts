import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessorStatus } from '@pelton/processor'
import { createPaint, wantsColour } from './paint.ts'
import { startScreen } from './start-screen.ts'

const status: ProcessorStatus = {
  name: 'hello',
  runtime: 'nodejs',
  state: 'ready',
  triggers: [
    {
      name: 'web',
      kind: 'http',
      placement: 'worker',
      placementReason: 'one worker, nothing that needs the main thread',
      numWorkers: 1,
      concurrency: 1024,
      ready: true,
      urls: ['http://0.0.0.0:8080'],
      tryIt: 'curl http://127.0.0.1:8080 -d hello',
      sinks: [],
    },
  ],
  admin: 'http://127.0.0.1:8091',
  health: 'http://127.0.0.1:8082',
  metrics: ['http://127.0.0.1:8091/metrics', 'http://0.0.0.0:8090/metrics'],
  notes: ['port 8081 is taken: admin moved to 8091'],
}
const facts = { version: '1.2.3', tookMs: 123.4, watches: false }

test('one screen says what runs, where it is reached, what moved and how to call it', () => {
  assert.equal(
    startScreen(status, facts, createPaint(false)),
    `
hello  nodejs, pelton 1.2.3, ready in 123 ms

  web (http)  http://0.0.0.0:8080          1 worker, 1,024 events at a time  in the worker: one worker, nothing that needs the main thread
  admin       http://127.0.0.1:8091        /triggers /metrics
  health      http://127.0.0.1:8082        /live /ready
  metrics     http://0.0.0.0:8090/metrics

  note port 8081 is taken: admin moved to 8091
  curl http://127.0.0.1:8080 -d hello
  Ctrl+C stops
`,
  )
})

test('a trigger that waits for its source is named with the reason', () => {
  const { tryIt: _, ...trigger } = status.triggers[0]!
  const waiting = {
    ...trigger,
    name: 'cam',
    kind: 'mjpeg',
    ready: false,
    why: 'connection refused',
    urls: [],
  }
  const screen = startScreen({ ...status, state: 'unready', triggers: [waiting] }, facts, createPaint(false))
  assert.match(screen, /started in 123 ms, not ready yet/)
  assert.match(screen, /waiting cam: connection refused/)
  assert.doesNotMatch(screen, /curl/)
})

test('the sinks of a trigger stand below it, with why one is not open', () => {
  const sinks = [
    { name: 'webhook', kind: 'webhook', open: true },
    { name: 'websocket', kind: 'websocket', open: false, why: 'connection refused' },
  ]
  const screen = startScreen({ ...status, triggers: [{ ...status.triggers[0]!, sinks }] }, facts, createPaint(false))
  assert.match(
    screen,
    /\n {2}web \(http\) .*\n {4}answers go to webhook, websocket \(not open: connection refused\)\n {2}admin/,
  )
})

test('a sink that listens says where', () => {
  const url = 'http://127.0.0.1:8081/processed'
  const sinks = [{ name: 'mjpeg', kind: 'mjpeg', open: true, url }]
  const withSinks = { ...status, triggers: [{ ...status.triggers[0]!, sinks }] }
  assert.match(startScreen(withSinks, facts, createPaint(false)), /\n {4}answers go to mjpeg at http:\S+\/processed\n/)
  assert.ok(startScreen(withSinks, facts, createPaint(true)).includes(`mjpeg at \u001b[36m${url}\u001b`))
})

test('colours are added only when asked for', () => {
  assert.ok(!startScreen(status, facts, createPaint(false)).includes('\u001b'))
  assert.ok(startScreen(status, facts, createPaint(true)).includes('\u001b[36mhttp://0.0.0.0:8080\u001b'))
})

test('NO_COLOR switches colours off and a pipe has none', () => {
  assert.equal(wantsColour(true, {}), true)
  assert.equal(wantsColour(false, {}), false)
  assert.equal(wantsColour(true, { NO_COLOR: '1' }), false)
  assert.equal(wantsColour(true, { TERM: 'dumb' }), false)
  assert.equal(wantsColour(false, { FORCE_COLOR: '1' }), true)
})
