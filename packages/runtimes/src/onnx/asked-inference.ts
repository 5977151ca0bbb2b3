import { Buffer } from 'node:buffer'
import type { EventData } from '@pelton/core'
import { type InferRequest, readInferRequest } from '@pelton/protocols/inference'
import type { ModelName } from './served-models.ts'

/** An event as a request for inference. */
export interface AskedInference {
  request: InferRequest
  model: ModelName
  /**
   * How the answer goes back: `wire` and `prefixed` to Pelton's own parts, which have chosen the model already, with all
   * outputs in binary form; `rest` to a client, as the request asks for it.
   */
  form: 'wire' | 'prefixed' | 'rest'
}

/** The trigger whose events are requests in binary form. */
const inferenceKind = 'openinference'

const inferPath = /\/models\/([^/?]+)(?:\/versions\/([^/?]+))?(?:\/infer)?$/

/** Reads an event of the trigger `openinference`, of `context.models`, or of any other trigger. InferenceError 400 for what is none. */
export function readAsked(event: EventData): AskedInference {
  const { buffer, byteOffset, byteLength } = event.body
  const body = Buffer.from(buffer, byteOffset, byteLength)
  const { inferHeaderLength, prefixed } = event.extra ?? {}
  // A request without inputs has nothing in binary form.
  if (typeof inferHeaderLength === 'number' || event.trigger.kind === inferenceKind) {
    const request = readInferRequest(body, inferHeaderLength as number | undefined)
    return { request, model: nameIn(request), form: prefixed === true ? 'prefixed' : 'wire' }
  }
  const headerLength = event.headers['inference-header-content-length']
  const request = readInferRequest(body, headerLength === undefined ? undefined : Number(headerLength))
  return { request, model: nameOf(event, request), form: 'rest' }
}

function nameIn({ modelName, modelVersion }: InferRequest): ModelName {
  return { name: modelName, version: modelVersion }
}

/** The path says it, as in REST, or the headers of functions that the trigger calls, or the body. */
function nameOf({ path, headers }: EventData, request: InferRequest): ModelName {
  const [, name, version = ''] = inferPath.exec(path) ?? []
  if (name !== undefined) return { name: decoded(name), version: decoded(version) }
  const header = headers['x-model-name']
  if (typeof header === 'string') return { name: header, version: String(headers['x-model-version'] ?? '') }
  return nameIn(request)
}

/** As it is when it is wrongly encoded: then no model has that name. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
