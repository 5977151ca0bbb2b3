import assert from 'node:assert/strict'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { test } from 'node:test'
import { once } from 'node:events'
import grpc from '@grpc/grpc-js'
import { type Cleanup, createTempFolder, testCertificate, within } from '@pelton/testkit'
import { connectGrpc, startGrpc } from './fixtures/start-grpc.ts'
import type { Http2Tls as GrpcTls } from '../http2/http2-listener.ts'

const hello = Buffer.from('hello')
const cert = Buffer.from(testCertificate.cert)
const key = Buffer.from(testCertificate.key)

async function tlsFiles(t: Cleanup): Promise<Required<GrpcTls>> {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const certPath = path.join(folder, 'cert.pem')
  return { cert: certPath, key: path.join(folder, 'key.pem'), ca: certPath }
}

test('calls go over TLS', async (t) => {
  const files = await tlsFiles(t)
  const { server } = await startGrpc(t, {}, { tls: { cert: files.cert, key: files.key } })
  assert.equal(server.url, `https://127.0.0.1:${server.port}`)
  const peer = connectGrpc(t, server, { credentials: grpc.credentials.createSsl(cert) })
  assert.equal((await peer.unary('/test.Echo/Unary', hello)).toString(), 'hello')
})

test('with authorities a client needs a certificate', async (t) => {
  const { server } = await startGrpc(t, {}, { tls: await tlsFiles(t) })
  const known = connectGrpc(t, server, { credentials: grpc.credentials.createSsl(cert, key, cert) })
  assert.equal((await known.unary('/test.Echo/Unary', hello)).toString(), 'hello')
  const unknown = connectGrpc(t, server, { credentials: grpc.credentials.createSsl(cert) })
  await assert.rejects(unknown.unary('/test.Echo/Unary', hello, { deadline: Date.now() + 3_000 }))
  assert.equal(server.calls, 0)
})

test('a client of TLS that does not speak HTTP/2 is closed', async (t) => {
  const { server } = await startGrpc(t, {}, { tls: await tlsFiles(t) })
  for (const ALPNProtocols of [['http/1.1'], undefined]) {
    const socket = tls.connect({
      port: server.port,
      host: '127.0.0.1',
      ca: cert,
      cert,
      key,
      ...(ALPNProtocols ? { ALPNProtocols } : {}),
    })
    socket.on('error', () => undefined)
    t.after(() => socket.destroy())
    await within(
      'close',
      once(socket, 'close').catch(() => undefined),
    )
  }
})

test('files that cannot be used stop the start, with their names', async (t) => {
  const files = await tlsFiles(t)
  const start = (tls: GrpcTls): Promise<unknown> => startGrpc(t, {}, { tls })
  await assert.rejects(start({ ...files, cert: '/nowhere/cert.pem' }), { code: 'tls_unreadable' })
  await assert.rejects(start({ ...files, key: files.cert }), { code: 'tls_invalid' })
  await assert.rejects(start({ ...files, ca: files.key }), { code: 'authorities_invalid' })
})

test('a client that never shakes hands does not hold up the end', async (t) => {
  const { server } = await startGrpc(t, {}, { tls: await tlsFiles(t) })
  const socket = net.connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.after(() => void socket.destroy())
  await once(socket, 'connect')
  // A client of TLS is accepted after it.
  const other = tls.connect({ port: server.port, host: '127.0.0.1', ca: cert, cert, key, ALPNProtocols: ['h2'] })
  t.after(() => void other.destroy())
  await once(other, 'secureConnect')
  await within('close', server.close(AbortSignal.abort()), 2_000)
})
