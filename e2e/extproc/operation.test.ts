import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCertificate, waitUntil, within } from '@pelton/testkit'
import { envoy } from '../../scripts/tools/envoy.ts'
import { type Cluster, type Listener, envoyType } from './envoy-bootstrap.ts'
import { valuesOf } from './header-lines.ts'
import { plannedSuite } from './planned-site.ts'

const { binary = '', skip } = await envoy()

const mode = { request_body_mode: 'BUFFERED', response_body_mode: 'BUFFERED' } as const
const routes = [{ prefix: '/', upstream: 'upstream-1.1' }]
const inline = (text: string): object => ({ inline_string: text })
const identity = {
  tls_certificates: [{ certificate_chain: inline(testCertificate.cert), private_key: inline(testCertificate.key) }],
}

/** A processor that is reached over TLS, with a certificate of the client's or without. */
function overTls(certificates: object = {}): Partial<Cluster> {
  const context = { validation_context: { trusted_ca: inline(testCertificate.cert) }, ...certificates }
  const config = {
    '@type': envoyType('extensions.transport_sockets.tls.v3.UpstreamTlsContext'),
    common_tls_context: context,
  }
  return { more: { transport_socket: { name: 'tls', typed_config: config } } }
}

/** A cluster whose health Envoy asks the trigger about. */
function watched(name: string, port: number, serviceName: string): Cluster {
  const check = {
    timeout: '1s',
    interval: '0.05s',
    no_traffic_interval: '0.05s',
    unhealthy_threshold: 1,
    healthy_threshold: 1,
  }
  const health = { ...check, grpc_health_check: { service_name: serviceName } }
  return { name, port, isHttp2: true, more: { health_checks: [health] } }
}

function listener(name: string, processor: string, more: object = {}): Listener {
  return { name, routes, extProc: { processor, mode, more } }
}

const { site, planned, seen } = plannedSuite(
  {
    wrap: 'type: wrapprocessor',
    tls: 'type: wrapprocessor, tls: { cert: cert.pem, key: key.pem }',
    mutual: 'type: wrapprocessor, tls: { cert: cert.pem, key: key.pem, ca: cert.pem }',
  },
  {
    skip,
    binary,
    files: { 'cert.pem': testCertificate.cert, 'key.pem': testCertificate.key },
    clusterOptions: { tls: overTls(), mutual: overTls(identity) },
    clusters: (portOf) => [
      watched('whole', portOf('wrap'), ''),
      watched('named', portOf('wrap'), 'envoy.service.ext_proc.v3.ExternalProcessor'),
      watched('unknown', portOf('wrap'), 'no.such.Service'),
      { name: 'stranger', port: portOf('mutual'), isHttp2: true, ...overTls() },
    ],
    listeners: [
      listener('plain', 'wrap'),
      listener('allowed', 'wrap', { failure_mode_allow: true }),
      listener('tls', 'tls'),
      listener('mutual', 'mutual'),
      listener('stranger', 'stranger'),
    ],
  },
)

const change = { proceed: { setHeaders: { 'x-by': 'pelton' } } }
const plan = { request: change, response: change }

async function isHealthy(cluster: string): Promise<boolean> {
  const name = `cluster.${cluster}.membership_healthy`
  return (await site().envoy.stats(name))[name] === 1
}

test('health is told by service, and of an unknown one it is not', { skip }, async () => {
  await waitUntil('both being healthy', async () => (await isHealthy('whole')) && (await isHealthy('named')))
  assert.equal(await isHealthy('unknown'), false)
})

for (const name of ['tls', 'mutual'])
  test(`the proxy is served over TLS: ${name}`, { skip }, async () => {
    const request = planned({ path: '/', body: ['hello'] }, plan)
    const answer = await site().client('1.1', name).ask(request)
    assert.deepEqual([answer.status, valuesOf(answer.headers, 'x-by')], [200, ['pelton']])
  })

test('with an authority a proxy without a certificate is not served', { skip }, async () => {
  const request = planned({ path: '/' }, plan)
  assert.ok((await site().client('1.1', 'stranger').ask(request)).status >= 500)
  assert.deepEqual(await seen(request.id, 0), [])
})

// The last one: the function is gone then.
test('SIGTERM lets an open transaction end, and then the process does, too', { skip }, async () => {
  const { served, upstream } = site()
  const release = Promise.withResolvers<void>()
  const request = planned({ path: '/', body: ['hello'] }, plan)
  upstream.answer(request.id, { body: ['world'], after: release.promise })
  const asked = site().client('2', 'plain').ask(request)
  await waitUntil('the upstream being asked', () => upstream.seen(request.id).length === 1)
  served.pelton.child.kill('SIGTERM')
  await waitUntil('the health check failing', async () => !(await isHealthy('whole')))
  release.resolve()
  const answer = await asked
  assert.deepEqual([answer.status, valuesOf(answer.headers, 'x-by')], [200, ['pelton']])
  assert.equal((await within('the end of the function', served.pelton.ended, 3000)).code, 0)
  const late = planned({ path: '/' }, plan)
  assert.equal((await site().client('1.1', 'allowed').ask(late)).status, 200, 'failure_mode_allow')
  assert.ok((await site().client('1.1', 'plain').ask(late)).status >= 500)
})
