import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envoy } from '../../../scripts/tools/envoy.ts'
import { startEnvoy } from './start-envoy.ts'

const { binary = '', skip } = await envoy()

const yaml = `
static_resources:
  listeners:
    - name: front
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: hcm
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: front
                route_config:
                  virtual_hosts:
                    - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 204 } }] }
                http_filters:
                  - name: router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`

test('an Envoy serves on ports of its own, tells its counters and is gone after the test', { skip }, async (t) => {
  const running = await startEnvoy(t, { binary, bootstrap: yaml })
  assert.equal((await fetch(`http://127.0.0.1:${running.port('front')}/`)).status, 204)
  assert.equal((await running.stats('http.front.downstream_rq_2xx'))['http.front.downstream_rq_2xx'], 1)
  assert.throws(() => running.port('back'), /no listener back, there are: front/)
})

test('an Envoy that does not start is told with its own words', { skip }, async (t) => {
  const bootstrap = { static_resources: { listeners: [{ name: 'front' }] } }
  await assert.rejects(startEnvoy(t, { binary, bootstrap }), /envoy did not become live: [^]*address/)
})
