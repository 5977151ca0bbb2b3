/** What a function file says beside its models. */
export interface FunctionOptions {
  runtime?: string
  handler?: string
  /** Ports of the trigger `free`, whose model declares nothing, and of `declared`. */
  grpcPorts: readonly [free: number, declared: number]
}

/** A function with two triggers: their models are both `test-model` 1.0. */
function yaml({ runtime = 'nodejs', handler = 'handler.ts', grpcPorts }: FunctionOptions): string {
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: models }
spec:
  runtime: ${runtime}
  handler: ${handler}
  triggers:
    free:
      kind: openinference
      attributes: { model_name: test-model, model_version: '1.0', rest_port: 0, grpc_port: ${grpcPorts[0]} }
    declared:
      kind: openinference
      attributes:
        model_name: test-model
        model_version: '1.0'
        rest_port: 0
        grpc_port: ${grpcPorts[1]}
        input_tensors: [{ name: input, datatype: FP32, shape: [1, 3] }]
        output_tensors: [{ name: output, datatype: FP32, shape: [1, 1] }]
`
}

/** Doubles numbers and makes texts upper-case; `declared` gives the sum. Parameters ask for the inputs, the body or a fault. */
const typescript = `import type { Context, Event } from '@pelton/sdk'

interface Tensor { name: string; datatype: string; shape: number[]; data: unknown[] }
interface InferRequest { id: string; parameters: Record<string, unknown>; inputs: Tensor[] }

const changed = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(changed) : typeof value === 'number' ? 2 * value : typeof value === 'string' ? value.toUpperCase() : value

export function handler(context: Context, event: Event) {
  const { parameters, inputs } = event.json<InferRequest>()
  if (parameters.fault === 'throw') throw new Error('secret')
  if (parameters.fault === 'status') return { status: 503, body: { error: 'the model is warming up' } }
  if (parameters.fault === 'nonsense') return 'no tensors at all'
  if (parameters.echo) return event.text().replace('"inputs":', '"outputs":')
  if (parameters.show) return { outputs: [{ name: 'body', datatype: 'BYTES', shape: [1], data: [event.text()] }] }
  if (context.trigger.name === 'declared') {
    const sum = inputs.flatMap(({ data }) => data as number[]).reduce((a, b) => a + b, 0)
    return { outputs: [{ name: 'output', datatype: 'FP32', shape: [1, 1], data: [sum] }] }
  }
  return { parameters, outputs: inputs.map((input) => ({ ...input, name: 'output_' + input.name, data: changed(input.data) })) }
}
`

const python = `import json


def changed(value):
    if isinstance(value, list):
        return [changed(one) for one in value]
    if isinstance(value, str):
        return value.upper()
    return value if isinstance(value, bool) else 2 * value


def handler(context, event):
    request = json.loads(event.body)
    parameters, inputs = request['parameters'], request['inputs']
    fault = parameters.get('fault')
    if fault == 'throw':
        raise ValueError('secret')
    if fault == 'status':
        return context.Response(body={'error': 'the model is warming up'}, status_code=503, content_type='application/json')
    if fault == 'nonsense':
        return 'no tensors at all'
    if parameters.get('echo'):
        return {'parameters': parameters, 'outputs': inputs}
    if parameters.get('show'):
        return {'outputs': [{'name': 'body', 'datatype': 'BYTES', 'shape': [1], 'data': [event.body.decode()]}]}
    if event.trigger.name == 'declared':
        total = sum(value for one in inputs for value in one['data'])
        return {'outputs': [{'name': 'output', 'datatype': 'FP32', 'shape': [1, 1], 'data': [total]}]}
    outputs = [{**one, 'name': 'output_' + one['name'], 'data': changed(one['data'])} for one in inputs]
    return {'parameters': parameters, 'outputs': outputs}
`

/** The same in both languages. */
export const functions: [name: string, files: (grpcPorts: FunctionOptions['grpcPorts']) => Record<string, string>][] = [
  ['TypeScript', (grpcPorts) => ({ 'function.yaml': yaml({ grpcPorts }), 'handler.ts': typescript })],
  [
    'Python',
    (grpcPorts) => ({
      'function.yaml': yaml({ runtime: 'python', handler: 'main:handler', grpcPorts }),
      'main.py': python,
    }),
  ],
]
