import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type HttpResponse, httpListeners } from '@pelton/protocols/http'
import { createShared, createTempFolder, holdPort, testCertificate } from '@pelton/testkit'
import { connectViewer } from './fixtures/connect-viewer.ts'
import { type OpenSink, openSink, picture, rejection } from './fixtures/open-mjpeg.ts'

/** Two sinks of one processor. */
async function openTwo(t: TestContext): Promise<[OpenSink, OpenSink]> {
  const shared = createShared()
  const one = await openSink(t, { path: '/one' }, { shared })
  return [one, await openSink(t, { path: '/two', port: one.port }, { shared })]
}

test('sinks share a port by path; the page at / knows all its streams and those that are left', async (t) => {
  const [one, two] = await openTwo(t)
  await one.show(1, 10)
  const viewer = await connectViewer(t, two.url)
  await two.show(2, 20)
  assert.deepEqual(await viewer.until(1), [picture(2, 20)])
  const stats = async (): Promise<{ path: string; age_ms: number }[]> =>
    ((await (await fetch(`${one.base}/?stats`)).json()) as { streams: { path: string; age_ms: number }[] }).streams
  assert.partialDeepStrictEqual(await stats(), [
    { path: '/one', frames: 1, bytes: 10, viewers: 0 },
    { path: '/two', frames: 1, bytes: 20, viewers: 1 },
  ])
  await one.sink.close(1000)
  assert.partialDeepStrictEqual(await stats(), [{ path: '/two', frames: 1 }])
  assert.equal((await fetch(one.url)).status, 404)
})

test('a trigger that takes all paths of the port keeps /, and the stream keeps its own', async (t) => {
  const shared = createShared()
  const onRequest = (): HttpResponse => ({ status: 200, headers: [], contentType: '', body: Buffer.from('a trigger') })
  const given = { host: '127.0.0.1', port: 0, path: '*', owner: 'trigger api', maxBodyBytes: 0, onRequest }
  const listener = await shared(httpListeners).listen(given)
  t.after(() => listener.close(AbortSignal.abort()))
  const { show, url } = await openSink(t, { port: listener.port }, { shared })
  await show(1)
  assert.equal(await (await fetch(listener.url)).text(), 'a trigger')
  assert.equal((await fetch(`${url}?snapshot`)).headers.get('content-type'), 'image/jpeg')
})

test('the same port and path twice is an error that stops the start', async (t) => {
  const shared = createShared()
  const { port } = await openSink(t, {}, { shared })
  const error = await rejection(openSink(t, { port }, { shared }).then(() => undefined))
  assert.deepEqual([error.code, error.retryable], ['path_taken', false])
})

test('a stream without a frame has no age', async (t) => {
  const { base } = await openSink(t, { path: '/one' })
  assert.deepEqual(await (await fetch(`${base}/?stats`)).json(), {
    streams: [{ path: '/one', frames: 0, age_ms: null, bytes: 0, viewers: 0 }],
  })
})

test('the page is small, whole in itself, and held by a policy', async (t) => {
  const { base } = await openSink(t)
  const answer = await fetch(base)
  const text = await answer.text()
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  const policy = answer.headers.get('content-security-policy') ?? ''
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1]
  assert.match(policy, /^default-src 'none'; style-src 'nonce-/)
  assert.ok(text.includes(`<script nonce="${nonce}">`) && text.includes(`<style nonce="${nonce}">`))
  assert.doesNotMatch(text, /(?:src|href)="?https?:|\/\/cdn|@import/)
  assert.ok(text.length < 10_000, `${text.length} characters`)
  assert.notEqual((await fetch(base)).headers.get('content-security-policy'), policy)
})

test('a stream at / is a stream, not the page', async (t) => {
  const { base, show } = await openSink(t, { path: '/' })
  await show(1)
  const viewer = await connectViewer(t, `${base}/`)
  assert.deepEqual(await viewer.until(1), [picture(1)])
})

test('a configured port that is taken stops the start', async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  const error = await rejection(openSink(t, { port }).then(() => undefined))
  assert.deepEqual([error.code, error.retryable], ['port_taken', false])
})

test('with a certificate it serves HTTPS', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const { url, show } = await openSink(t, { tls: { cert: 'cert.pem', key: 'key.pem' } }, { folder })
  await show(1)
  assert.match(url, /^https:/)
  const { default: https } = await import('node:https')
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    https
      .get(`${url}?snapshot`, { ca: testCertificate.cert, servername: 'localhost', agent: false }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      .on('error', reject)
  })
  assert.equal(answer, 200)
})
