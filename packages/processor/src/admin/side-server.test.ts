import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { holdPort } from '@pelton/testkit'
import { type SideServer, type SideServerOptions, openSideServer } from './side-server.ts'

async function open(t: TestContext, changes: Partial<SideServerOptions> = {}): Promise<SideServer> {
  const server = await openSideServer({
    what: 'The admin listener',
    host: '127.0.0.1',
    port: 0,
    configured: true,
    avoid: new Set(),
    answer: (path) => (path === '/known' ? { status: 200, contentType: 'text/plain', body: 'answer' } : undefined),
    ...changes,
  })
  t.after(() => server.close())
  return server
}

describe('side server', () => {
  it('answers GET and HEAD of what it knows, 404 otherwise', async (t) => {
    const { url } = await open(t)
    const known = await fetch(`${url}/known?x=1`)
    assert.equal(`${known.status} ${await known.text()}`, '200 answer')
    const head = await fetch(`${url}/known`, { method: 'HEAD' })
    assert.equal(`${head.status} ${head.headers.get('content-length')}`, '200 6')
    assert.equal((await fetch(`${url}/unknown`)).status, 404)
    assert.equal((await fetch(`${url}/known`, { method: 'POST' })).status, 404)
  })

  it('is reached by its url on an IPv6 address, too', async (t) => {
    const { url } = await open(t, { host: '::1' })
    assert.equal((await fetch(`${url}/known`)).status, 200)
  })

  it('moves from a default port that is taken, and from one that a trigger is going to bind', async (t) => {
    const { port, release } = await holdPort()
    t.after(release)
    const moved = await open(t, { port, configured: false })
    assert.equal(moved.movedFrom, port)
    assert.ok(!moved.url.endsWith(`:${port}`))
    const avoided = await open(t, { port: 8099, configured: false, avoid: new Set([8099]) })
    assert.equal(avoided.movedFrom, 8099)
  })

  it('refuses a configured port that is taken with address_taken', async (t) => {
    const { port, release } = await holdPort()
    t.after(release)
    await assert.rejects(open(t, { port }), { code: 'address_taken', message: new RegExp(`127.0.0.1:${port}`) })
  })

  it('refuses an address that is not of this machine with listen_failed', async (t) => {
    await assert.rejects(open(t, { host: '192.0.2.1' }), { code: 'listen_failed', message: /192\.0\.2\.1/ })
  })
})
