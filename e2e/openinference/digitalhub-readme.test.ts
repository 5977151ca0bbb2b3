import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFreePort } from '@pelton/testkit'
import { connectInference } from '../acceptance/openinference-client.ts'
import { serve } from '../acceptance/serve-function.ts'

/** What DigitalHub's README shows, with other ports; beside it the model that its calls by `curl` speak of. */
function yaml(runtime: string, handler: string, grpcPorts: readonly number[]): string {
  return `spec:
  runtime: "${runtime}"
  handler: "${handler}"
  triggers:
    myopeninferencetrigger:
      kind: openinference
      attributes:
        model_name: my-model
        model_version: "1.0"
        rest_port: 0
        grpc_port: ${grpcPorts[0]}
        enable_rest: true
        enable_grpc: true
        input_tensors:
          - name: input
            datatype: FP32
            shape: [1, 3, 224, 224]
        output_tensors:
          - name: output
            datatype: FP32
            shape: [1, 1000]
      maxWorkers: 4
    test:
      kind: openinference
      attributes: { model_name: test-model, model_version: "1.0", rest_port: 0, grpc_port: ${grpcPorts[1]} }
`
}

// The model itself is left to the reader: it is the lines that make output_data.

const python = `import json

def handler(context, event):
    request = json.loads(event.body)
    inputs = request["inputs"]

    output_data = [sum(inputs[0]["data"])] + [0.5] * 999

    return context.Response(
        body=json.dumps({
            "model_name": request["model_name"],
            "model_version": request["model_version"],
            "outputs": [
                {
                    "name": "output",
                    "datatype": "FP32",
                    "shape": [1, 1000],
                    "data": output_data
                }
            ]
        }),
        headers={},
        content_type="application/json",
        status_code=200
    )
`

const typescript = `import type { Context, Event } from '@pelton/sdk'

interface InferRequest {
  model_name: string
  model_version: string
  inputs: { data: number[] }[]
}

export function handler(context: Context, event: Event) {
  const request = JSON.parse(event.text()) as InferRequest
  const inputs = request.inputs

  const output_data = [inputs[0].data.reduce((sum, value) => sum + value), ...Array(999).fill(0.5)]

  return {
    body: JSON.stringify({
      model_name: request.model_name,
      model_version: request.model_version,
      outputs: [{ name: 'output', datatype: 'FP32', shape: [1, 1000], data: output_data }],
    }),
    headers: {},
    contentType: 'application/json',
    status: 200,
  }
}
`

for (const [language, runtime, handler, files] of [
  ['Python', 'python', 'main:handler', { 'main.py': python }],
  ['TypeScript', 'nodejs', 'main.ts:handler', { 'main.ts': typescript }],
] as const) {
  test(`the example of DigitalHub's README serves its model in ${language}`, async (t) => {
    const ports = [await findFreePort(), await findFreePort()]
    const served = await serve(t, { ...files, 'function.yaml': yaml(runtime, handler, ports) })
    const ask = async (trigger: string, path: string, body?: object): Promise<[number, Record<string, unknown>]> => {
      const url = new URL(served.urlOf(trigger)).origin
      const headers = { 'content-type': 'application/json' }
      const { status, text } = await served.ask(body && JSON.stringify(body), { url, path, headers })
      return [status, JSON.parse(text) as Record<string, unknown>]
    }
    const names = { model_name: 'test-model', model_version: '1.0' }
    assert.deepEqual(await ask('test', '/v2/health/live'), [200, { live: true }])
    assert.equal((await ask('test', '/v2/models/test-model/versions/1.0'))[1]['name'], 'test-model')
    const numbers = { name: 'input', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }
    const output = { name: 'output', datatype: 'FP32', shape: [1, 1000] }
    const rest = Array.from({ length: 999 }, () => 0.5)
    assert.deepEqual(await ask('test', '/v2/models/test-model/versions/1.0/infer', { inputs: [numbers] }), [
      200,
      { ...names, id: '', outputs: [{ ...output, data: [6, ...rest] }] },
    ])

    const image = { name: 'input', datatype: 'FP32', shape: [1, 3, 224, 224] }
    const data = Array.from({ length: 3 * 224 * 224 }, () => 0.25)
    const infer = '/v2/models/my-model/versions/1.0/infer'
    const expected = [0.25 * data.length, ...rest]
    const [status, answer] = await ask('myopeninferencetrigger', infer, { inputs: [{ ...image, data }] })
    assert.deepEqual([status, answer['outputs']], [200, [{ ...output, data: expected }]])
    const [refused, { error }] = await ask('myopeninferencetrigger', infer, { inputs: [numbers] })
    assert.deepEqual(
      [refused, /input.*\[1, ?3, ?224, ?224\].*\[1, ?3\]/.test(String(error))],
      [400, true],
      String(error),
    )

    const client = await connectInference(t, ports[0] ?? 0)
    const byGrpc = await client.call('ModelInfer', {
      model_name: 'my-model',
      inputs: [image],
      raw_input_contents: [Buffer.from(new Float32Array(data).buffer)],
    })
    const [raw = Buffer.alloc(0)] = byGrpc['raw_output_contents'] as Buffer[]
    assert.deepEqual(raw, Buffer.from(new Float32Array(expected).buffer))
  })
}
