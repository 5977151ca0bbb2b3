import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, matches } from './answer-match.ts'
import type { EchoSite } from './echo-function.ts'
import { endpointCases, escapedName } from './endpoint-cases.ts'
import { connectBytes, framed } from './grpc-bytes.ts'

const notFound = 5
const unimplemented = 12

/** Tests of all that is no inference: paths and methods of REST, calls of gRPC, unknown models. */
export function testEndpoints(site: () => EchoSite, platform: string): void {
  for (const [what, method, path, status, expected, headers = {}] of endpointCases(platform)) {
    test(`REST: ${what}: ${method} ${path}`, async () => {
      const answer = await site().rest.ask(path, { method })
      assert.equal(answer.status, status, answer.body.toString())
      assert.equal(answer.headers['content-type'], 'application/json')
      for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name], value)
      if (expected === undefined) return assert.equal(answer.body.length, 0)
      matches(answer.json(), expected instanceof RegExp ? { error: expected } : expected)
    })
  }

  test('REST: the index of the repository', async () => {
    const models = [['echo', '1'], ['echo', '2'], ['declared', '1.0'], [escapedName, 'a b']].map(([name, version]) => ({ name, version, state: 'READY' })) // prettier-ignore
    for (const body of ['', '{}', '{"ready":true}', '{"ready":false}']) {
      const answer = await site().rest.ask('/v2/repository/index', { body })
      assert.equal(answer.status, 200)
      const index = JSON.parse(answer.body.toString()) as Json[]
      assert.deepEqual(index.map(({ name, version, state }) => ({ name, version, state })), models) // prettier-ignore
    }
    const refused = await site().rest.ask('/v2/repository/index', { body: '{"ready":1}' })
    assert.equal(refused.status, 400)
  })

  test('gRPC: server and models', async () => {
    const { grpc } = site()
    assert.deepEqual(await grpc.call('ServerLive'), { live: true })
    assert.deepEqual(await grpc.call('ServerReady'), { ready: true })
    const { version, ...server } = await grpc.call('ServerMetadata')
    assert.deepEqual(server, { name: 'pelton', extensions: ['binary_tensor_data', 'model_repository'] })
    assert.match(String(version), /^\d+\.\d+\.\d+/)
    for (const [name, version, ready] of [
      ['echo', '', true],
      ['echo', '2', true],
      [escapedName, 'a b', true],
      ['echo', '3', false],
      ['no', '', false],
    ] as const) {
      assert.equal((await grpc.call('ModelReady', { name, version }))['ready'] ?? false, ready, `${name} ${version}`)
    }
    const x = { name: 'x', datatype: 'FP32', shape: ['-1', '3'] }
    const t = { name: 't', datatype: 'BYTES' }
    const metadata = { name: 'declared', versions: ['1.0'], platform, inputs: [x, t], outputs: [x, t] }
    assert.deepEqual(await grpc.call('ModelMetadata', { name: 'declared', version: '1.0' }), metadata)
    assert.deepEqual(await grpc.call('ModelMetadata', { name: 'echo' }), { name: 'echo', versions: ['1', '2'], platform }) // prettier-ignore
    // Numbers of the datatypes: 11 is TYPE_FP32, 13 is TYPE_STRING.
    const config = { name: 'x', data_type: 11, dims: ['-1', '3'] }
    const text = { name: 't', data_type: 13 }
    assert.deepEqual((await grpc.call('ModelConfig', { name: 'declared' }))['config'], {
      name: 'declared',
      platform,
      input: [config, text],
      output: [config, text],
    })
    const { models } = await grpc.call('RepositoryIndex')
    assert.deepEqual((models as Record<string, string>[]).map(({ name, version, state }) => `${name} ${version} ${state}`), [
      'echo 1 READY',
      'echo 2 READY',
      'declared 1.0 READY',
      `${escapedName} a b READY`,
    ]) // prettier-ignore
  })

  test('gRPC: the port serves health and reflection', async (t) => {
    const ask = connectBytes(t, site().grpcPort)
    const name = 'inference.GRPCInferenceService'
    for (const service of ['', name]) {
      const request = service === '' ? Buffer.alloc(0) : Buffer.from(`\n${String.fromCodePoint(name.length)}${name}`)
      const { code, body } = await ask('/grpc.health.v1.Health/Check', framed(request))
      // Field 1, which is SERVING.
      assert.deepEqual([code, body.subarray(5).toString('hex')], [0, '0801'], service)
    }
    for (const version of ['v1', 'v1alpha']) {
      const listServices = Buffer.from('3a00', 'hex')
      const method = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
      const { code, body } = await ask(method, framed(listServices))
      assert.deepEqual([code, body.includes(name)], [0, true], version)
    }
  })

  test('gRPC: an unknown method is UNIMPLEMENTED', async (t) => {
    const ask = connectBytes(t, site().grpcPort)
    for (const method of ['/inference.GRPCInferenceService/Nothing', '/inference.Nothing/ServerLive', '/nothing']) {
      assert.equal((await ask(method, framed(Buffer.alloc(0)))).code, unimplemented, method)
    }
  })

  test('gRPC: an unknown model or version is NOT_FOUND and named', async () => {
    for (const method of ['ModelMetadata', 'ModelConfig', 'ModelStatistics']) {
      await assert.rejects(
        site().grpc.call(method, { name: 'no' }),
        { code: notFound, details: /"no".*"echo"/ },
        method,
      )
      await assert.rejects(site().grpc.call(method, { name: 'echo', version: '3' }), { code: notFound, details: /"3".*"1", "2"/ }, method) // prettier-ignore
    }
    for (const [model_name, model_version, details] of [
      ['no', '', /"no".*"echo"/],
      ['echo', '3', /"3".*"1", "2"/],
    ] as const) {
      // prettier-ignore
      const call = site().grpc.call('ModelInfer', { model_name, model_version, inputs: [] })
      await assert.rejects(call, { code: notFound, details })
    }
  })

  test('REST: inference of an unknown model or version is a 404 that names it', async () => {
    for (const [path, text] of [
      ['/v2/models/no/infer', /"no".*"echo"/],
      ['/v2/models/echo/versions/3/infer', /"3".*"1", "2"/],
    ] as const) {
      // prettier-ignore
      const answer = await site().rest.ask(path, { body: '{"inputs":[]}' })
      assert.equal(answer.status, 404)
      matches(answer.json(), { error: text })
    }
  })
}
