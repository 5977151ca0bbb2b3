import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const module = new URL('exit-past-threads.ts', import.meta.url)

/** A process that ends itself while one of its threads lives. */
async function end(how: string): Promise<{ code: unknown; printed: string }> {
  const code = `
    import { Worker } from 'node:worker_threads'
    import { exitPast } from ${JSON.stringify(module.href)}
    const thread = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', { eval: true })
    exitPast(thread, () => true)
    thread.once('online', () => { ${how} })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [printed, [exit]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  return { code: exit, printed }
}

test('what nobody catches is printed once, and the exit code is 1', async () => {
  for (const how of ['throw new Error("it broke")', 'Promise.reject(new Error("it broke"))']) {
    const { code, printed } = await end(how)
    assert.equal(code, 1)
    assert.equal(printed.match(/Error: it broke\n    at /g)?.length, 1, printed)
  }
})

test('an exit keeps its code and prints nothing, nor does what somebody catches', async () => {
  assert.deepEqual(await end('process.exit(7)'), { code: 7, printed: '' })
  const caught = 'process.on("uncaughtException", () => process.exit(9)); throw new Error("it broke")'
  assert.deepEqual(await end(caught), { code: 9, printed: '' })
})
