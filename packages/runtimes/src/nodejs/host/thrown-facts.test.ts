import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHost } from './fixtures/start-host.ts'
import { thrownFacts } from './thrown-facts.ts'

test('what is thrown and is no error says what it was', () => {
  assert.deepEqual(thrownFacts(undefined), { error: 'nothing was thrown: undefined' })
  assert.deepEqual(thrownFacts('text'), { error: 'text' })
  assert.deepEqual(thrownFacts({ code: 1 }), { error: 'an object was thrown: {"code":1}', thrown: { code: 1 } })
})

test('values that throw when they are looked at are said to be so', () => {
  const traps = { get: () => assert.fail('get'), getPrototypeOf: () => assert.fail('getPrototypeOf') }
  assert.equal(thrownFacts(new Proxy(new Error('x'), traps))['error'], 'a value that cannot be shown')
})

test('a failed event is logged with the frames of the handler alone, those of its causes included', async (t) => {
  const source = `function deep() { throw new Error('outer', { cause: new Error('inner') }) }
    export const handler = (context, event) => {
      if (event.text() === 'object') throw { code: 1 }
      if (event.text() === 'reject') return Promise.reject()
      deep()
    }`
  const host = await startHost({ 'handler.mjs': source })
  t.after(() => host.stop())
  const failed = async (body: string): Promise<Record<string, unknown>> => {
    await host.handle(body).done
    const record = host.logs.findLast(({ message }) => message === 'handler_failed')
    return record?.facts ?? assert.fail()
  }
  const { error } = (await failed('')) as { error: { stack: string; cause: { stack: string } } }
  assert.match(error.stack, /^Error: outer\n +at deep \(.*handler\.mjs:1:\d+\)\n +at handler \(.*handler\.mjs:5:\d+\)$/)
  assert.match(error.cause.stack, /^Error: inner\n +at deep \(.*\)\n +at handler \(.*\)$/)
  assert.equal((await failed('reject'))['error'], 'nothing was thrown: undefined')
  assert.deepEqual((await failed('object'))['thrown'], { code: 1 })
})
