import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { watchForLeaks } from './leak-check.ts'

test('nothing held is no leak', async () => {
  const check = watchForLeaks()
  await check()
})

test('an open listener, timer, thread or child process is a leak until it ends', async () => {
  const check = watchForLeaks()
  const server = net.createServer().listen(0)
  const timer = setInterval(() => undefined, 1000)
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true })
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await Promise.all([once(server, 'listening'), once(worker, 'online'), once(child, 'spawn')])
  const left = await check(20).then(
    () => assert.fail('no leak found'),
    (error: Error) => error.message,
  )
  for (const name of ['TCPServerWrap', 'Timeout', `thread ${worker.threadId}`, `child process ${child.pid}`])
    assert.match(left, new RegExp(name))
  server.close()
  clearInterval(timer)
  child.kill()
  await worker.terminate()
  await check()
})
