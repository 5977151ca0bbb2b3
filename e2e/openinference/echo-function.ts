import { findFreePort } from '@pelton/testkit'
import type { Cleanup } from '@pelton/testkit'
import { type InferenceClient, connectInference } from '../acceptance/openinference-client.ts'
import { type ServeOptions, type ServedFunction, serve } from '../acceptance/serve-function.ts'
import { type RestPeer, connectRest } from './rest-peer.ts'

/** Models of one function that gives back what it is sent, and clients of both protocols. */
export interface EchoSite {
  served: ServedFunction
  /** `127.0.0.1:PORT`. */
  restAddress: string
  grpcAddress: string
  grpcPort: number
  rest: RestPeer
  grpc: InferenceClient
}

/** `echo` declares nothing and has two versions, `declared` holds requests to its tensors, the last one's name has to be escaped. */
const models = `
          - { model_name: echo, model_version: '1' }
          - { model_name: echo, model_version: '2' }
          - model_name: declared
            model_version: '1.0'
            input_tensors: [{ name: x, datatype: FP32, shape: [-1, 3] }, { name: t, datatype: BYTES, shape: [] }]
            output_tensors: [{ name: x, datatype: FP32, shape: [-1, 3] }, { name: t, datatype: BYTES, shape: [] }]
          - { model_name: 'é / %2f', model_version: 'a b' }`

function yaml(runtime: string, handler: string, grpcPort: number): string {
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: echo }
spec:
  runtime: ${runtime}
  handler: ${handler}
  triggers:
    models:
      kind: openinference
      numWorkers: 2
      attributes:
        rest_port: 0
        grpc_port: ${grpcPort}
        models:${models}
`
}

// The parameter `view` says what the handler reads, `yields` how many answers it gives, `sleep_ms` when, `status` a refusal.

const typescript = `const exact = (_key, value, { source }) => (typeof value === 'number' ? JSON.rawJSON(source) : value)

function answerOf(context, event) {
  if (event.fields.view === 'json') {
    const { parameters, inputs } = JSON.parse(event.text(), exact)
    return { parameters, outputs: inputs }
  }
  return context.tensors.response(event.inputs)
}

async function* several(context, event) {
  for (let left = event.fields.yields; left > 0; left--) yield JSON.stringify(JSON.parse(event.text(), exact)).replace('"inputs":', '"outputs":')
}

export async function handler(context, event) {
  const { status, sleep_ms: ms = 0, yields } = event.fields
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
  if (status) return { status, body: { error: 'asked to refuse' } }
  return yields === undefined ? answerOf(context, event) : several(context, event)
}
`

const python = `import json
import time


def answer_of(context, event):
    if event.fields.get('view') == 'json':
        request = json.loads(event.body)
        return {'parameters': request['parameters'], 'outputs': request['inputs']}
    return context.tensors.response(event.inputs)


def several(event):
    for _ in range(event.fields['yields']):
        yield json.dumps({'outputs': json.loads(event.body)['inputs']})


def handler(context, event):
    fields = event.fields
    time.sleep(fields.get('sleep_ms', 0) / 1000)
    if 'status' in fields:
        return context.Response(body={'error': 'asked to refuse'}, status_code=fields['status'], content_type='application/json')
    return several(event) if 'yields' in fields else answer_of(context, event)
`

/** What the handler is written in; Python also where it has NumPy. */
export type Language = 'TypeScript' | 'Python' | 'Python with NumPy'

function filesOf(language: Language, grpcPort: number): Record<string, string> {
  return language === 'TypeScript'
    ? { 'function.yaml': yaml('nodejs', 'handler.js', grpcPort), 'handler.js': typescript }
    : { 'function.yaml': yaml('python', 'main:handler', grpcPort), 'main.py': python }
}

/** Starts it by the real command; it ends with the test. */
export async function startEcho(test: Cleanup, language: Language, options: ServeOptions = {}): Promise<EchoSite> {
  const grpcPort = await findFreePort()
  const served = await serve(test, filesOf(language, grpcPort), options)
  const { host, port } = new URL(served.urlOf('models'))
  return {
    served,
    restAddress: host,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    grpcPort,
    rest: connectRest(test, Number(port)),
    grpc: await connectInference(test, grpcPort),
  }
}
