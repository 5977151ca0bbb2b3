import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { findFreePort, holdPort } from './free-port.ts'

test('a free port can be bound, a held one cannot', async () => {
  const server = net.createServer().listen(await findFreePort(), '127.0.0.1')
  await once(server, 'listening')
  server.close()
  const { port, release } = await holdPort()
  const [error] = (await once(net.createServer().listen(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'EADDRINUSE')
  await release()
})

test('a free port is none that the system hands out by itself', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, findFreePort))
  assert.ok(ports.every((port) => port < 32_768))
  assert.ok(new Set(ports).size > 15)
})
