import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { test } from 'node:test'
import { createTempFolder, startTrigger, testCertificate } from '@pelton/testkit'
import manifest from './index.ts'

const attributes = { tls: { cert: 'cert.pem', key: 'key.pem' } }

test('tls.cert and tls.key, relative to the folder of the function, make it HTTPS', async (t) => {
  const folder = await createTempFolder(t, { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key })
  const { context, url } = await startTrigger(t, manifest, { url: '127.0.0.1:0', folder, attributes })
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
  const sent = request(`${url}/secret`, { rejectUnauthorized: false, agent: false }).end()
  const [answered] = (await once(sent, 'response')) as [IncomingMessage]
  answered.resume()
  assert.equal(answered.statusCode, 200)
  assert.equal(context.events[0]?.path, '/secret')
})

test('a certificate that is missing ends the run with its path', async (t) => {
  const folder = await createTempFolder(t)
  await assert.rejects(
    startTrigger(t, manifest, { url: '127.0.0.1:0', folder, attributes }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'tls_unreadable')
      assert.ok(error.message.includes(folder))
      return true
    },
  )
})
