import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import type { Outcome } from '@pelton/core'
import {
  type FakeTriggerContext as Context,
  connectExtProc,
  createTempFolder,
  describeTrigger,
  findFreePort,
  handled,
  holdPort,
  testCertificate,
  triggerSettings,
  waitUntil,
  within,
} from '@pelton/testkit'
import grpc from '@grpc/grpc-js'
import { get, post, serveTransactions } from './fixtures/serve-transactions.ts'
import manifest from './index.ts'

const asLocalhost = { 'grpc.ssl_target_name_override': 'localhost' }
const serviceName = 'envoy.service.ext_proc.v3.ExternalProcessor'

/** One transaction whose client leaves no connection behind. */
async function transact(context: Context): Promise<void> {
  const port = Number(new URL(context.urls.at(-1) ?? '').port)
  const client = await connectExtProc({ after: () => undefined }, port)
  const stream = client.open()
  stream.send('requestHeaders', get, { end: true })
  stream.end()
  void stream.ended.finally(() => client.close())
}

for (const type of ['preprocessor', 'wrapprocessor']) {
  describeTrigger(`extproc, ${type}`, {
    manifest,
    attributes: { type, port: 0, phaseTimeoutMs: '1h' },
    emit: transact,
  })
}

describe('the life of the trigger', () => {
  test('a port that is taken stops the start, and the error names it', async (t) => {
    const { port, release } = await holdPort('0.0.0.0')
    t.after(release)
    await assert.rejects(serveTransactions(t, { port }), { code: 'port_taken', message: new RegExp(`:${port}\\b`) })
  })

  test('the same port can be had again as soon as it has stopped', async (t) => {
    const port = await findFreePort()
    for (let round = 0; round < 2; round += 1) {
      const { context, client, returned } = await serveTransactions(t, { port })
      await client.ask('requestHeaders', get, { end: true })
      assert.equal(context.events.length, 1)
      context.stopNow()
      await within('run after stop', returned)
    }
  })

  test('it listens on all interfaces, and says where', async (t) => {
    const { context, port } = await serveTransactions(t)
    assert.deepEqual(context.urls, [`http://127.0.0.1:${port}`])
    assert.deepEqual(manifest.listens?.(triggerSettings(manifest, { attributes: { type: 'preprocessor', port: 7 } })), [
      { host: '', port: 7, path: '*', configured: true },
    ])
  })

  test('over TLS with the certificate of the folder it serves as well', async (t) => {
    const folder = await createTempFolder(t, { 'tls/cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
    const { context, port } = await serveTransactions(t, { tls: { cert: 'tls/cert.pem', key: 'key.pem' } }, { folder })
    assert.match(context.urls[0] ?? '', /^https:/)
    const credentials = grpc.credentials.createSsl(Buffer.from(testCertificate.cert))
    const client = await connectExtProc(t, port, { credentials, ...asLocalhost })
    assert.deepEqual(await client.ask('requestHeaders', get, { end: true }), { part: 'requestHeaders' })
  })

  test('with mutual TLS only clients with a certificate are served', async (t) => {
    const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
    const tls = { cert: 'cert.pem', key: 'key.pem', ca: 'cert.pem' }
    const { port, context } = await serveTransactions(t, { tls }, { folder })
    const [cert, key] = [Buffer.from(testCertificate.cert), Buffer.from(testCertificate.key)]
    const known = await connectExtProc(t, port, {
      credentials: grpc.credentials.createSsl(cert, key, cert),
      ...asLocalhost,
    })
    assert.deepEqual(await known.ask('requestHeaders', get, { end: true }), { part: 'requestHeaders' })
    const stranger = await connectExtProc(t, port, { credentials: grpc.credentials.createSsl(cert), ...asLocalhost })
    await assert.rejects(stranger.ask('requestHeaders', get, { end: true }), /ended with 14/)
    assert.equal(context.events.length, 1)
  })

  test('a certificate that is not there stops the start, and the error names it', async (t) => {
    const folder = await createTempFolder(t)
    const tls = { cert: 'no-cert.pem', key: 'key.pem' }
    await assert.rejects(serveTransactions(t, { tls }, { folder }), {
      code: 'tls_unreadable',
      message: new RegExp(path.join(folder, 'no-cert.pem')),
    })
  })

  test('more transactions at a time than are allowed wait until one of them has ended', async (t) => {
    const answers: ((outcome: Outcome) => void)[] = []
    const dispatch = (): Promise<Outcome> => new Promise((resolve) => answers.push(resolve))
    const { client } = await serveTransactions(t, { maxConcurrentStreams: 2 }, { dispatch })
    // The limit is known from the first answer on.
    await client.settled()
    const asked = [1, 2, 3].map(() => client.ask('requestHeaders', get, { end: true, modes: ['NONE', 'NONE'] }))
    await waitUntil('two events', () => answers.length === 2)
    await assert.rejects(
      within(
        'a third event',
        waitUntil('it', () => answers.length === 3, { deadlineMs: 50 }),
        200,
      ),
    )
    answers[0]?.(handled())
    await waitUntil('the third event', () => answers.length === 3)
    for (const answer of answers) answer(handled())
    await Promise.all(asked)
  })
})

describe('the health of the trigger', () => {
  test('it serves as long as the function can, by its own name and by none; others are not known', async (t) => {
    const { client, context } = await serveTransactions(t)
    assert.deepEqual([await client.health(), await client.health(serviceName)], ['SERVING', 'SERVING'])
    await assert.rejects(client.health('another.Service'), { code: grpc.status.NOT_FOUND })
    context.serving.set(false)
    assert.deepEqual([await client.health(), await client.health(serviceName)], ['NOT_SERVING', 'NOT_SERVING'])
    context.serving.set(true)
    assert.equal(await client.health(serviceName), 'SERVING')
  })

  test('who watches is told when there are no workers, when there are again, and when it is about to stop', async (t) => {
    const { client, context } = await serveTransactions(t)
    const watched = client.watchHealth(serviceName)
    const changes = [true, false, true, false]
    for (const [index, isServing] of changes.entries()) {
      context.serving.set(isServing)
      await waitUntil(`status ${index + 1}`, () => watched.statuses.length === index + 1)
    }
    assert.deepEqual(watched.statuses, ['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING'])
  })
})

describe('draining', () => {
  test('an open transaction is served to its end, phase by phase, and new ones are refused', async (t) => {
    const { client, context, port, open, returned } = await serveTransactions(t, { type: 'wrapprocessor' })
    const stream = open()
    stream.send('requestHeaders', post, { modes: ['BUFFERED', 'BUFFERED'] })
    await stream.reply()
    context.stopNow()
    await waitUntil('the end of the port', async () => {
      const late = await connectExtProc(t, port)
      return late.ask('requestHeaders', get, { end: true }).then(
        () => false,
        () => true,
      )
    })
    await assert.rejects(client.ask('requestHeaders', get, { end: true }), /ended with 14/)
    stream.send('requestBody', 'request', { end: true })
    stream.send('responseHeaders', { ':status': '200' })
    stream.send('responseBody', 'response', { end: true })
    const parts = (await stream.take(3)).map(({ part }) => part)
    assert.deepEqual(parts, ['requestBody', 'responseHeaders', 'responseBody'])
    assert.equal((await stream.ended).code, grpc.status.OK)
    await within('run after the last transaction', returned)
    assert.deepEqual(
      context.events.map(({ body }) => Buffer.from(body).toString()),
      ['request', 'response'],
    )
  })

  test('idle, it is gone at once, with connections open', async (t) => {
    const { client, context, returned } = await serveTransactions(t, { gracefulShutdownTimeout: '1h' })
    await client.ask('requestHeaders', get, { end: true })
    context.stopNow()
    await within('run after stop', returned, 1000)
  })

  test('transactions that do not end are cut when gracefulShutdownTimeout is over', async (t) => {
    const { open, context, returned } = await serveTransactions(t, { gracefulShutdownTimeout: '50ms' })
    const stream = open()
    stream.send('requestHeaders', post)
    await stream.reply()
    context.stopNow()
    assert.deepEqual((await stream.ended).code, grpc.status.UNAVAILABLE)
    await within('run after the time', returned)
  })

  test('at the end of the grace time they are cut, however much of gracefulShutdownTimeout is left', async (t) => {
    const dispatch = (): Promise<Outcome> => new Promise(() => undefined)
    const { open, context, returned } = await serveTransactions(t, { gracefulShutdownTimeout: '1h' }, { dispatch })
    const stream = open()
    stream.send('requestHeaders', get, { end: true })
    await waitUntil('the event', () => context.events.length === 1)
    context.stopNow()
    context.abortNow()
    assert.deepEqual((await stream.ended).code, grpc.status.UNAVAILABLE)
    await within('run after abort', returned)
    assert.equal(context.options[0]?.signal?.aborted, true)
  })

  test('it is not ready any more from the stop on', async (t) => {
    const { open, context } = await serveTransactions(t)
    const stream = open()
    stream.send('requestHeaders', post)
    await stream.reply()
    context.stopNow()
    await waitUntil('the report', () => !context.isReady)
  })
})
