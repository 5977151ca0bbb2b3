/** A request of REST and what it is answered; the body is compared as JSON, a pattern is that of the error's text. */
export type EndpointCase = readonly [
  what: string,
  method: string,
  path: string,
  status: number,
  answer: object | RegExp | undefined,
  headers?: Readonly<Record<string, string>>,
]

const version = /^\d+\.\d+\.\d+/
const tensors = [
  { name: 'x', datatype: 'FP32', shape: [-1, 3] },
  { name: 't', datatype: 'BYTES', shape: [] },
]
const declared = (platform: string): object => ({
  name: 'declared',
  versions: ['1.0'],
  platform,
  inputs: tensors,
  outputs: tensors,
})
const echo = (platform: string): object => ({ name: 'echo', versions: ['1', '2'], platform, inputs: [], outputs: [] })
const escaped = '/v2/models/%C3%A9%20%2F%20%252f'
export const escapedName = 'é / %2f'

/** Rows of the protocol's table, and what is none of its rows. */
export function endpointCases(platform: string): readonly EndpointCase[] {
  return [
    ['server live', 'GET', '/v2/health/live', 200, { live: true }],
    ['server ready', 'GET', '/v2/health/ready', 200, { ready: true, live: true }],
    ['server ready, with a query', 'GET', '/v2/health/ready?verbose=1', 200, { ready: true, live: true }],
    [
      'server metadata',
      'GET',
      '/v2',
      200,
      { name: 'pelton', version, extensions: ['binary_tensor_data', 'model_repository'] },
    ],
    ['the head of server metadata', 'HEAD', '/v2', 200, undefined],
    ['models', 'GET', '/v2/models', 200, { models: ['echo', 'declared', escapedName] }],
    ['model ready', 'GET', '/v2/models/echo/ready', 200, { name: 'echo', ready: true }],
    ['model ready, of a version', 'GET', '/v2/models/echo/versions/2/ready', 200, { name: 'echo', ready: true }],
    [
      'model ready, of a name with escapes',
      'GET',
      `${escaped}/versions/a%20b/ready`,
      200,
      { name: escapedName, ready: true },
    ],
    ['model ready, unknown model', 'GET', '/v2/models/no/ready', 404, /"no".*"echo"/],
    ['model ready, unknown version', 'GET', '/v2/models/echo/versions/3/ready', 404, /"3".*"1", "2"/],
    ['model metadata', 'GET', '/v2/models/echo', 200, echo(platform)],
    ['model metadata, of a version', 'GET', '/v2/models/declared/versions/1.0', 200, declared(platform)],
    ['model metadata, unknown model', 'GET', '/v2/models/no', 404, /unknown model "no"/],
    ['model metadata, letter case counts', 'GET', '/v2/models/Echo', 404, /unknown model "Echo"/],
    ['model metadata, unknown version', 'GET', '/v2/models/declared/versions/1', 404, /"declared".*"1".*"1\.0"/],
    ['model metadata, a percent sign too many', 'GET', '/v2/models/%zz', 400, /percent/],
    ['model config', 'GET', '/v2/models/declared/config', 200, configOf('declared', platform)],
    [
      'model config, of a version',
      'GET',
      '/v2/models/declared/versions/1.0/config',
      200,
      configOf('declared', platform),
    ],
    ['model config, unknown model', 'GET', '/v2/models/no/config', 404, /unknown model "no"/],
    ['statistics, unknown model', 'GET', '/v2/models/no/stats', 404, /unknown model "no"/],
    ['statistics, unknown version', 'GET', '/v2/models/echo/versions/3/stats', 404, /"3".*"1", "2"/],
    ['a load, unknown model', 'POST', '/v2/repository/models/no/load', 404, /"no"/],
    ['an unload, unknown model', 'POST', '/v2/repository/models/no/unload', 404, /"no"/],
    ['a wrong method: load', 'GET', '/v2/repository/models/echo/load', 405, /POST/, { allow: 'POST' }],
    ['a wrong method: unload', 'GET', '/v2/repository/models/echo/unload', 405, /POST/, { allow: 'POST' }],
    ['a wrong method: statistics', 'POST', '/v2/models/stats', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: config', 'POST', '/v2/models/echo/config', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: live', 'POST', '/v2/health/live', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: ready', 'DELETE', '/v2/health/ready', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: server metadata', 'PUT', '/v2', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: models', 'POST', '/v2/models', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: model ready', 'POST', '/v2/models/echo/ready', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: model metadata', 'POST', '/v2/models/echo', 405, /GET/, { allow: 'GET, HEAD' }],
    ['a wrong method: infer', 'GET', '/v2/models/echo/infer', 405, /POST/, { allow: 'POST' }],
    ['a wrong method: infer of an unknown model', 'PATCH', '/v2/models/no/infer', 405, /POST/, { allow: 'POST' }],
    ['a wrong method: index', 'GET', '/v2/repository/index', 405, /POST/, { allow: 'POST' }],
    ['no such path', 'GET', '/v2/nothing', 404, /path/],
    ['no such path: health', 'GET', '/v2/health', 404, /path/],
    ['no such path: below a model', 'GET', '/v2/models/echo/nothing', 404, /path/],
    ['no such path: too deep', 'POST', '/v2/models/a/b/c/infer', 404, /path/],
    ['no such path: no name', 'GET', '/v2/models//ready', 404, /path/],
    ['no such path: no version', 'GET', '/v2/models/echo/versions/', 404, /path/],
    ['no such path: versions', 'GET', '/v2/models/echo/versions', 404, /path/],
  ]
}

/** Triton's, of a model that takes no batches: all sizes, the free one too. */
function configOf(name: string, platform: string): object {
  return {
    name,
    platform,
    max_batch_size: 0,
    input: [
      { name: 'x', data_type: 'TYPE_FP32', dims: [-1, 3] },
      { name: 't', data_type: 'TYPE_STRING', dims: [] },
    ],
    output: [
      { name: 'x', data_type: 'TYPE_FP32', dims: [-1, 3] },
      { name: 't', data_type: 'TYPE_STRING', dims: [] },
    ],
  }
}
