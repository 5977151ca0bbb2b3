import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import { holdPort } from '@pelton/testkit'
import { reserveAddress } from './reserve-address.ts'

const host = '127.0.0.1'
const anyPort = { host, port: 0, path: '*', configured: true }

async function canBind(options: net.ListenOptions): Promise<boolean> {
  const server = net.createServer()
  const bound = await Promise.race([
    once(server.listen({ host, ...options }), 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]).catch(() => false)
  if (bound) await new Promise((resolve) => server.close(resolve))
  return bound
}

describe('reserveAddress', () => {
  test('keeps a port that the system chose from other programs until the workers listen', async () => {
    const { port, release } = await reserveAddress('web', anyPort)
    assert.equal(await canBind({ port, exclusive: true }), false)
    assert.equal(await canBind({ port, reusePort: true }), true)
    await release()
    assert.equal(await canBind({ port, exclusive: true }), true)
  })

  test('moves a default that is taken to a free port, and says from where', async () => {
    const taken = await holdPort()
    const moved = await reserveAddress('web', { ...anyPort, port: taken.port, configured: false })
    assert.notEqual(moved.port, taken.port)
    assert.equal(moved.movedFrom, taken.port)
    await moved.release()
    await taken.release()
  })

  test('refuses a configured port that is taken', async () => {
    const taken = await holdPort()
    await assert.rejects(reserveAddress('web', { ...anyPort, port: taken.port }), { code: 'address_taken' })
    await taken.release()
  })
})
