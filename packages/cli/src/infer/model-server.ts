import {
  datatypeNamed,
  readJson,
  type JsonValue,
  type ModelMetadata,
  type TensorMetadata,
} from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { exchange, type Answer, type Question } from './exchange.ts'
import { addressOf, modelPath, showAddress, type ModelAddress } from './model-address.ts'
import { printable } from './printable.ts'

/** How its server is asked. */
export interface ServerAccess {
  address: ModelAddress
  headers: Record<string, string | string[]>
  timeoutMs: number
}

/** What a server says of itself and of the model. */
export interface ServedModel {
  metadata: ModelMetadata
  /** Whether tensors may go both ways as raw bytes. */
  takesBinary: boolean
}

type JsonObject = Record<string, JsonValue>

/** Metadata are small; an inference may be large. */
const maxMetadataBytes = 16 * 1024 * 1024
const maxAnswerBytes = 1024 * 1024 * 1024
const shownModels = 20

/** The only model of a server; throws `wrong_usage` when there are none or several. */
export async function findOnlyModel(access: ServerAccess): Promise<string> {
  const models = await listModels(access)
  if (models === undefined) {
    const server = await ask(access, '/v2')
    if (!isServer(server)) throw noServer(access, '/v2', server)
    throw errors.wrong_usage({ reason: 'The server does not list its models; add --model NAME' })
  }
  const [only, ...others] = models
  if (only !== undefined && others.length === 0) return only
  const reason =
    only === undefined ? 'The server has no models' : `Which model? There are ${list(models)}; add --model NAME`
  throw errors.wrong_usage({ reason })
}

/** Asks the server about itself and the model. Throws `inference_model_unknown` with the models that there are, or what is wrong with the server. */
export async function describeModel(access: ServerAccess, model: string): Promise<ServedModel> {
  const path = modelPath(model, access.address.version)
  const [server, answer] = await Promise.all([ask(access, '/v2'), ask(access, path)])
  const found = readObject(answer)
  if (answer.status === 200 && found !== undefined) {
    const extensions = server.status === 200 ? readObject(server)?.['extensions'] : undefined
    const takesBinary = Array.isArray(extensions) && extensions.includes('binary_tensor_data')
    return { metadata: readMetadata(found, access, path), takesBinary }
  }
  if (answer.status === 404 && (isServer(server) || typeof found?.['error'] === 'string')) {
    const text = errorText(answer) ?? `There is no model ${JSON.stringify(model)}`
    const known = ((await listModels(access)) ?? []).map((name) => printable(name))
    // A wrong version is none of the names; and the server may have told them.
    const isTold = known.includes(model) || known.every((name) => text.includes(name))
    throw errors.inference_model_unknown({ text, known: isTold ? [] : known })
  }
  throw noServer(access, path, answer)
}

/** Sends a request for inference; gives the answer when its status is 200, else throws `inference_refused` with the server's words. */
export async function postInference(
  access: ServerAccess,
  model: string,
  request: Pick<Question, 'headers' | 'body'>,
): Promise<Answer> {
  const path = `${modelPath(model, access.address.version)}/infer`
  const answer = await exchange(
    {
      ...request,
      url: addressOf(access.address, path),
      method: 'POST',
      headers: { ...access.headers, ...request.headers },
    },
    { timeoutMs: access.timeoutMs, maxBytes: maxAnswerBytes },
  )
  if (answer.status !== 200) throw refused(access, path, answer)
  return answer
}

/** Names of the models, from the list or from the index of the repository; undefined when the server has neither. */
async function listModels(access: ServerAccess): Promise<string[] | undefined> {
  const listed = await ask(access, '/v2/models')
  const value = listed.status === 200 ? readAny(listed) : undefined
  const models = isObject(value) ? value['models'] : value
  const index = Array.isArray(models) ? models : await readIndex(access)
  if (index === undefined) return undefined
  const names = index.map((entry) => (isObject(entry) ? entry['name'] : entry))
  return [...new Set(names.filter((name) => typeof name === 'string'))]
}

async function readIndex(access: ServerAccess): Promise<JsonValue[] | undefined> {
  const answer = await ask(access, '/v2/repository/index', 'POST')
  const index = answer.status === 200 ? readAny(answer) : undefined
  return Array.isArray(index) ? index : undefined
}

function ask(
  { address, headers, timeoutMs }: ServerAccess,
  path: string,
  method: 'GET' | 'POST' = 'GET',
): Promise<Answer> {
  const body = method === 'POST' ? { body: Buffer.from('{}') } : {}
  const question = {
    url: addressOf(address, path),
    method,
    headers: {
      accept: 'application/json',
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...body,
  }
  return exchange(question, { timeoutMs, maxBytes: maxMetadataBytes })
}

function readMetadata(found: JsonObject, access: ServerAccess, path: string): ModelMetadata {
  const text = (key: string): string => (typeof found[key] === 'string' ? found[key] : '')
  const invalid = (reason: string): Error =>
    errors.inference_answer_invalid({ url: showAddress(addressOf(access.address, path)), reason })
  if (text('name') === '') throw notServer(access, path, { status: 200 })
  const { versions } = found
  return {
    name: text('name'),
    platform: text('platform'),
    versions: Array.isArray(versions) ? versions.map(String) : [],
    inputs: readTensors(found['inputs'], 'input', invalid),
    outputs: readTensors(found['outputs'], 'output', invalid),
  }
}

/** Some gateways write the sizes as strings, as JSON of protobuf does. */
function readTensors(value: JsonValue | undefined, what: string, invalid: (reason: string) => Error): TensorMetadata[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(`its ${what}s are no list`)
  return value.map((tensor, index) => {
    const { name, datatype: written, shape } = isObject(tensor) ? tensor : {}
    const datatype = typeof written === 'string' ? datatypeNamed(written) : undefined
    if (typeof name !== 'string') throw invalid(`its ${what} ${index} has no name`)
    if (datatype === undefined) {
      throw invalid(
        `its ${what} ${JSON.stringify(printable(name))} has the datatype ${printable(String(written))}, which is unknown`,
      )
    }
    const sizes = Array.isArray(shape) ? shape.map(Number) : [Number.NaN]
    if (!sizes.every((size) => Number.isInteger(size) && size >= -1)) {
      throw invalid(`its ${what} ${JSON.stringify(printable(name))} has no shape`)
    }
    return { name, datatype, shape: sizes }
  })
}

/** What the server says is wrong: `{"error": …}` of the protocol, `detail` of some servers. */
function errorText(answer: Answer): string | undefined {
  const { error, detail } = readObject(answer) ?? {}
  const text = error ?? detail
  return typeof text === 'string' ? printable(text) : undefined
}

function refused(access: ServerAccess, path: string, answer: Answer): Error {
  const url = showAddress(addressOf(access.address, path))
  const text = errorText(answer) ?? printable(answer.body.toString('utf8', 0, 2000).trim())
  return errors.inference_refused({ url, answered: answer.status, text: text || 'no reason' })
}

/** Most failures are those of the server, or of a gateway before it: 401, 429, 503. */
function noServer(access: ServerAccess, path: string, answer: Answer): Error {
  const isPage = answer.status < 400 || answer.status === 404
  return isPage ? notServer(access, path, answer) : refused(access, path, answer)
}

function notServer(access: ServerAccess, path: string, { status }: Pick<Answer, 'status'>): Error {
  return errors.inference_not_served({ url: showAddress(addressOf(access.address, path)), answered: status })
}

function isServer(answer: Answer): boolean {
  const { name, version, extensions } = readObject(answer) ?? {}
  return answer.status === 200 && typeof name === 'string' && (version !== undefined || extensions !== undefined)
}

function readObject(answer: Answer): JsonObject | undefined {
  const value = readAny(answer)
  return isObject(value) ? value : undefined
}

function readAny({ body }: Answer): JsonValue | undefined {
  try {
    return readJson(body)
  } catch {
    // Its only fault: it is no JSON, which is what callers look for.
    return undefined
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(models: readonly string[]): string {
  const more = models.length - shownModels
  return `${models
    .slice(0, shownModels)
    .map((name) => printable(name))
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
