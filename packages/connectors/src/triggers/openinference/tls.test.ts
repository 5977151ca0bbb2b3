import assert from 'node:assert/strict'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createTempFolder, startTrigger, testCertificate } from '@pelton/testkit'
import { connectInference } from './fixtures/inference-client.ts'
import manifest from './index.ts'

const attributes = { rest_port: 0, grpc_port: 0, tls: { cert: 'cert.pem', key: 'key.pem' } }

test('tls.cert and tls.key, relative to the folder of the function, hold for REST and gRPC', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const { context } = await startTrigger(t, manifest, { folder, attributes })
  const [rest = '', grpc = ''] = context.urls
  assert.match(rest, /^https:.*\/v2$/)
  assert.match(grpc, /^https:/)
  const sent = request(`${rest}/health/ready`, { ca: testCertificate.cert, agent: false }).end()
  const [answered] = (await once(sent, 'response')) as [IncomingMessage]
  assert.deepEqual(await json(answered), { ready: true, live: true })
  const client = connectInference(t, Number(new URL(grpc).port), testCertificate.cert)
  assert.deepEqual(await client.call('ServerReady'), { ready: true })
})

test('a certificate that is missing ends the run with its path', async (t) => {
  const folder = await createTempFolder(t)
  const started = startTrigger(t, manifest, { folder, attributes })
  await assert.rejects(started, { code: 'tls_unreadable', message: new RegExp(`${folder}/cert.pem`) })
})
