import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeOf } from './rest-route.ts'

test('paths of models have a name, and maybe a version', () => {
  assert.deepEqual(routeOf('/v2/models/m'), { kind: 'metadata', name: 'm', version: '' })
  assert.deepEqual(routeOf('/v2/models/m/versions/2'), { kind: 'metadata', name: 'm', version: '2' })
  assert.deepEqual(routeOf('/v2/models/m/ready'), { kind: 'model_ready', name: 'm', version: '' })
  assert.deepEqual(routeOf('/v2/models/m/versions/2/infer'), { kind: 'infer', name: 'm', version: '2' })
  assert.deepEqual(routeOf('/v2/models/m/versions/2/try'), { kind: 'try', name: 'm', version: '2' })
  assert.deepEqual(routeOf('/v2/models/infer/infer'), { kind: 'infer', name: 'infer', version: '' })
})

test('models are loaded and unloaded by their names, and have a configuration and statistics', () => {
  assert.deepEqual(routeOf('/v2/repository/models/a%20b/load'), { kind: 'load', name: 'a b', version: '' })
  assert.deepEqual(routeOf('/v2/repository/models/m/unload'), { kind: 'unload', name: 'm', version: '' })
  assert.deepEqual(routeOf('/v2/models/m/versions/2/config'), { kind: 'config', name: 'm', version: '2' })
  assert.deepEqual(routeOf('/v2/models/m/stats'), { kind: 'statistics', name: 'm', version: '' })
  assert.deepEqual(routeOf('/v2/models/stats'), { kind: 'all_statistics' })
})

test('names are decoded once, also such that have a slash', () => {
  assert.deepEqual(routeOf('/v2/models/a%2Fb%20%2525/infer'), { kind: 'infer', name: 'a/b %25', version: '' })
  assert.throws(() => routeOf('/v2/models/%E0%A4%A/infer'), { status: 400 })
})

test('other paths are none of the protocol', () => {
  for (const path of [
    '/v2/x',
    '/v2/models/',
    '/v2/models//infer',
    '/v2/models/a/b/infer',
    '/v2/models/a/versions/infer/x',
    '/v2/models/a/infer/',
    '/v2/health',
    '/v2/repository/models/m',
    '/v2/repository/models/m/versions/1/load',
    '/v2/repository/models/m/infer',
    '/V2',
  ]) {
    assert.equal(routeOf(path), undefined, path)
  }
})
