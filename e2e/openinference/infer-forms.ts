import { type DatatypeCase, nestedJson } from './datatype-cases.ts'
import type { EchoSite } from './echo-function.ts'

/** What the handler reads: the request as JSON, or tensors. */
export type View = 'json' | 'tensors'

/** A tensor to be sent: so many elements of a case. */
export interface Sent {
  one: DatatypeCase
  shape: readonly number[]
  count: number
  view: View
}

/** A form of the protocol: sends a tensor as it has them and gives back the one that comes, and what it should be, in the same terms. */
export interface InferForm {
  name: string
  /** Some datatypes have no such form. */
  has(one: DatatypeCase): boolean
  exchange(site: EchoSite, sent: Sent): Promise<{ found: unknown; expected: unknown }>
}

const path = '/v2/models/echo/infer'

/** By REST as JSON and in binary form, by gRPC as typed and as raw contents. */
export const inferForms: readonly InferForm[] = [
  { name: 'flat JSON', has: () => true, exchange: (site, sent) => byJson(site, sent, [sent.count]) },
  { name: 'nested JSON', has: () => true, exchange: (site, sent) => byJson(site, sent, sent.shape) },
  { name: 'binary', has: () => true, exchange: byBinary },
  { name: 'typed contents', has: (one) => one.typed !== undefined, exchange: byTyped },
  { name: 'raw contents', has: () => true, exchange: byRaw },
]

async function byJson({ rest }: EchoSite, { one, shape, count, view }: Sent, nesting: readonly number[]) {
  const tokens = one.json.slice(0, count)
  const input = `{"name":"x","datatype":"${one.datatype}","shape":${JSON.stringify(shape)},"data":${nestedJson(nesting, tokens)}}`
  const answer = await rest.ask(path, { body: `{"parameters":{"view":"${view}"},"inputs":[${input}]}` })
  if (answer.status !== 200) return { found: answer.body.toString(), expected: 200 }
  const { outputs } = JSON.parse(answer.body.toString(), keepDigits) as {
    outputs: { shape: unknown[]; data: unknown[] }[]
  }
  const [{ shape: sizes, data, ...described } = { shape: [], data: [] }] = outputs
  return {
    found: {
      ...described,
      shape: sizes.map((size) => Number(tokenOf(size))),
      data: data.map((token) => one.normal(tokenOf(token))),
    },
    expected: { ...describe(one, shape), data: tokens.map((token) => one.normal(token)) },
  }
}

async function byBinary({ rest }: EchoSite, { one, shape, count, view }: Sent) {
  const raw = Buffer.concat(one.raw.slice(0, count))
  const head = {
    parameters: { view, binary_data_output: true },
    inputs: [{ ...describe(one, shape), parameters: { binary_data_size: raw.length } }],
  }
  const answer = await rest.ask(path, binaryRequest(head, raw))
  if (answer.status !== 200) return { found: answer.body.toString(), expected: 200 }
  const length = Number(answer.headers['inference-header-content-length'])
  const { outputs } = JSON.parse(answer.body.subarray(0, length).toString()) as { outputs: unknown[] }
  return {
    found: { outputs, raw: answer.body.subarray(length).toString('hex') },
    expected: { outputs: head.inputs, raw: raw.toString('hex') },
  }
}

async function byTyped({ grpc }: EchoSite, { one, shape, count, view }: Sent) {
  const { field = '', elements = [] } = one.typed ?? {}
  const list = elements.slice(0, count)
  const input = { ...describe(one, shape), contents: { [field]: list } }
  const answer = await grpc.call('ModelInfer', request(input, view)).catch(String)
  if (typeof answer === 'string') return { found: answer, expected: 'OK' }
  const [{ contents = {}, ...described } = {}] = answer['outputs'] as { contents?: Record<string, unknown[]> }[]
  return {
    found: { shape: [], ...described, list: (contents[field] ?? []).map(show) },
    expected: { ...describe(one, shape.map(String)), list: list.map(show) },
  }
}

async function byRaw({ grpc }: EchoSite, { one, shape, count, view }: Sent) {
  const raw = Buffer.concat(one.raw.slice(0, count))
  const sent = { ...request(describe(one, shape), view), raw_input_contents: [raw] }
  const answer = await grpc.call('ModelInfer', sent).catch(String)
  if (typeof answer === 'string') return { found: answer, expected: 'OK' }
  const [described] = answer['outputs'] as object[]
  return {
    found: {
      shape: [],
      ...described,
      raw: (answer['raw_output_contents'] as Buffer[]).map((bytes) => bytes.toString('hex')),
    },
    expected: { ...describe(one, shape.map(String)), raw: [raw.toString('hex')] },
  }
}

/** A body of the binary tensor data extension. */
export function binaryRequest(head: object | string, raw: Uint8Array) {
  const json = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head))
  return {
    headers: [['Inference-Header-Content-Length', String(json.length)]] as const,
    body: Buffer.concat([json, raw]),
  }
}

function request(input: object, view: View): object {
  return { model_name: 'echo', parameters: { view: { string_param: view } }, inputs: [input] }
}

function describe<S>(
  { datatype }: DatatypeCase,
  shape: readonly S[],
): { name: string; datatype: string; shape: readonly S[] } {
  return { name: 'x', datatype, shape }
}

/** Numbers as the text they came as. */
function keepDigits(_key: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  return typeof value === 'number' ? new Digits(source) : value
}

class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function tokenOf(element: unknown): string {
  return element instanceof Digits ? element.text : JSON.stringify(element)
}

function show(element: unknown): string {
  if (element instanceof Uint8Array) return Buffer.from(element).toString('hex')
  return Object.is(element, -0) ? '-0' : String(element)
}
