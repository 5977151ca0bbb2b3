import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { identityModel, linearModel } from '@pelton/testkit'
import { type ServedFunction, serveSuite } from './acceptance/serve-function.ts'

/** Handlers that run models: `POST /` gives `3n + m + 1` of `{n, m}`, other paths what the tests ask for. */
interface Flavour {
  runtime: string
  handler: string
  file: string
  source: string
  numWorkers: number
}

const typescript = `import type { Event, ModelsContext } from '@pelton/sdk'

export async function handler({ models }: ModelsContext, event: Event) {
  const { linear, texts } = models
  if (event.path === '/facts') return { names: Object.keys(models), platform: linear!.platform, inputs: linear!.inputs }
  if (event.path === '/twice') {
    const { y } = await texts!.run({ x: ['é', event.text()] })
    const again = await texts!.run({ x: y! })
    return { texts: (again.y!.data as Uint8Array[]).map((bytes) => Buffer.from(bytes).toString()) }
  }
  if (event.path === '/misfit') {
    return linear!.run({ x: [[1, 2, 3]] }).catch(({ name, status, message }) => ({ name, isRefusal: status >= 400, message }))
  }
  if (event.path === '/large') {
    const x = Float32Array.from({ length: 400_000 }, (_, index) => index)
    const { y } = await models.wide!.run({ x }, { outputs: ['y'] })
    return { shape: y!.shape, isRight: y!.toFloat32().every((value, index) => value === index) }
  }
  const { n, m } = event.json<{ n: number; m: number }>()
  const { y } = await linear!.run({ x: Float32Array.of(n, m) })
  return { y: y!.data[0], shape: y!.shape }
}
`

const async = `async def handler(context, event):
    linear, texts = context.models.linear, context.models['texts']
    if event.path == '/facts':
        return {'names': list(context.models), 'platform': linear.platform, 'inputs': linear.inputs}
    if event.path == '/twice':
        y = (await texts.run({'x': ['é', event.text()]}))['y']
        again = await texts.run({'x': y})
        return {'texts': [each.decode() for each in again['y'].data]}
    if event.path == '/misfit':
        try:
            await linear.run({'x': [[1, 2, 3]]})
        except context.models.Error as error:
            return {'name': type(error).__name__, 'isRefusal': error.status >= 400, 'message': str(error)}
    if event.path == '/large':
        y = (await context.models.wide.run({'x': array('f', range(400_000))}, outputs=['y']))['y']
        return {'shape': y.shape, 'isRight': list(flat(y.data)) == list(range(400_000))}
    given = event.json()
    y = (await linear.run({'x': array('f', [given['n'], given['m']])}))['y']
    return {'y': float(flat(y.data)[0]), 'shape': y.shape}
`

const python = (source: string): string => `from array import array


def flat(data):
    return data.reshape(-1) if hasattr(data, 'reshape') else data


${source}`

const flavours: Record<string, Flavour> = {
  TypeScript: { runtime: 'nodejs', handler: 'handler.ts', file: 'handler.ts', source: typescript, numWorkers: 1 },
  'async Python': { runtime: 'python', handler: 'main:handler', file: 'main.py', source: python(async), numWorkers: 1 },
  Python: {
    runtime: 'python',
    handler: 'main:handler',
    file: 'main.py',
    source: python(async.replace('async def', 'def').replaceAll('await ', '')),
    numWorkers: 3,
  },
}

function files({ runtime, handler, file, source, numWorkers }: Flavour): Record<string, string | Uint8Array> {
  const yaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: chain }
spec:
  runtime: ${runtime}
  handler: ${handler}
  models:
    linear: { file: models/line.onnx, numWorkers: 2, runtimeAttributes: { maxBatchSize: 8 } }
    texts: { file: models/texts.onnx }
    wide: { file: models/wide.onnx }
  triggers: { http: { kind: http, url: 127.0.0.1:0, numWorkers: ${numWorkers} } }
`
  return {
    'function.yaml': yaml,
    [file]: source,
    'models/line.onnx': linearModel([[3], [1]], [1]),
    'models/texts.onnx': identityModel('BYTES', ['rows']),
    'models/wide.onnx': identityModel('FP32', ['rows', 2]),
  }
}

async function json(served: ServedFunction, path: string, body = 'x'): Promise<unknown> {
  const { status, text } = await served.ask(body, { path })
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

for (const [name, flavour] of Object.entries(flavours)) {
  describe(`models in a handler in ${name}`, () => {
    const served = serveSuite(files(flavour))

    test('two hundred runs at a time each give their own answer', async () => {
      const asked = Array.from({ length: 200 }, (_, n) => ({ n, m: 1000 * n }))
      const answers = await Promise.all(asked.map((body) => json(served(), '/', JSON.stringify(body))))
      assert.deepEqual(
        answers,
        asked.map(({ n, m }) => ({ y: 3 * n + m + 1, shape: [1, 1] })),
      )
    })

    test('a model says what it takes, under its name in the function', async () => {
      assert.deepEqual(await json(served(), '/facts'), {
        names: ['linear', 'texts', 'wide'],
        platform: 'onnx_onnxruntime',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      })
    })

    test('what one model gives another takes, texts as well', async () => {
      assert.deepEqual(await json(served(), '/twice', 'grün'), { texts: ['é', 'grün'] })
    })

    test('what a model refuses is told in its own words', async () => {
      const refused = (await json(served(), '/misfit')) as { name: string; isRefusal: boolean; message: string }
      assert.deepEqual([refused.name, refused.isRefusal], ['ModelError', true])
      assert.match(refused.message, /"x"/)
      assert.match(refused.message, /\[1,3\]/)
    })

    test('large tensors cross whole', async () => {
      assert.deepEqual(await json(served(), '/large'), { shape: [200_000, 2], isRight: true })
    })
  })
}
