import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHost } from './fixtures/start-host.ts'

test('a handler answers with its event and context', async () => {
  const host = await startHost({
    'handler.mjs': `
      export function initContext(context) { context.db = { name: 'db' }; context.userData.n = 1 }
      export function handler(context, event) {
        context.logger.info('got it', { bytes: event.body.length })
        return { status: 201, headers: { 'x-a': '1' }, body: { text: event.text(), db: context.db, n: context.userData.n, id: event.id } }
      }`,
  })
  const seen = await host.handle('hello').done
  assert.equal(seen.httpStatus, 201)
  assert.deepEqual(seen.headers, [['x-a', '1']])
  assert.equal(seen.contentType, 'application/json')
  assert.deepEqual(JSON.parse(seen.body ?? ''), { text: 'hello', db: { name: 'db' }, n: 1, id: 'event-1' })
  const { time, ...record } = host.logs[0]!
  assert.ok(time > 0)
  assert.deepEqual(record, {
    level: 'info',
    message: 'got it',
    worker: 0,
    trigger: 'front',
    eventId: 'event-1',
    facts: { bytes: 5 },
  })
  assert.deepEqual(await host.state(), { type: 'state', running: 0, native: false })
  await host.stop()
})
