import { randomUUID } from 'node:crypto'
import type { Bytes, EventData, FieldMap, HeaderMap } from '@pelton/core'
import { setOwn } from '@pelton/protocols/http'
import { type InferPieces, type InferRequest, joinPieces, writeInferPieces } from '@pelton/protocols/inference'
import type { InferCall } from './infer-call.ts'

/** What spoke of the request's own bytes, or is ours to say. */
const leftOut = new Set([
  'content-encoding',
  'content-length',
  'content-type',
  'inference-header-content-length',
  'transfer-encoding',
  'x-protocol',
])

/** Where and under which versioned name a request came in. */
export interface InferTarget {
  request: InferRequest
  /** The version that the caller asked for; empty when none. */
  askedVersion: string
}

/**
 * A request for inference as an event; REST and gRPC look the same. Its body is the request in binary form, which crosses to workers without JSON for tensors;
 * there `viewEvent` shows handlers the tensors, and the JSON of the REST protocol as the body.
 */
export class InferenceEvent implements EventData {
  readonly id: string = randomUUID()
  readonly attempt = 1
  readonly trigger: { readonly kind: string; readonly name: string }
  readonly timestamp: Date = new Date()
  readonly method = 'POST'
  readonly contentType = 'application/json'
  /** Python's `json.loads(event.body)` is how functions of this kind begin. */
  readonly keepsBody = true
  readonly shardId = -1
  readonly offset = 0
  readonly topic = ''
  readonly #target: InferTarget
  readonly #call: InferCall
  #written: InferPieces | undefined
  #body: Bytes | undefined
  #headers: HeaderMap | undefined
  #fields: FieldMap | undefined

  constructor(trigger: { kind: string; name: string }, target: InferTarget, call: InferCall) {
    this.trigger = trigger
    this.#target = target
    this.#call = call
  }

  get path(): string {
    const { request, askedVersion } = this.#target
    const version = askedVersion === '' ? '' : `/versions/${encodeURIComponent(askedVersion)}`
    return `/v2/models/${encodeURIComponent(request.modelName)}${version}/infer`
  }

  get url(): string {
    return this.path
  }

  get headers(): HeaderMap {
    return (this.#headers ??= headersOf(this.#target.request, this.#call))
  }

  get fields(): FieldMap {
    return (this.#fields ??= fieldsOf(this.#target.request))
  }

  get body(): Bytes {
    return (this.#body ??= joinPieces(this.#form.pieces))
  }

  /** Large tensors stay where they arrived until they are put where the worker finds them. */
  get bodyPieces(): readonly Bytes[] | undefined {
    const { pieces } = this.#form
    return pieces.length > 1 ? pieces : undefined
  }

  get extra(): { inferHeaderLength: number | undefined } {
    return { inferHeaderLength: this.#form.headerLength }
  }

  get #form(): InferPieces {
    return (this.#written ??= writeInferPieces(this.#target.request))
  }
}

function headersOf(request: InferRequest, { protocol, headers }: InferCall): HeaderMap {
  const map: HeaderMap = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!leftOut.has(name)) setOwn<string | string[]>(map, name, value)
  }
  map['content-type'] = 'application/json'
  map['x-model-name'] = request.modelName
  map['x-model-version'] = request.modelVersion
  map['x-request-id'] = request.id
  if (protocol === 'grpc') map['x-protocol'] = 'grpc'
  return map
}

/** Whole numbers beyond 2^53 stay exact, as text. */
function fieldsOf({ parameters }: InferRequest): FieldMap {
  const fields: FieldMap = {}
  for (const [name, value] of Object.entries(parameters)) {
    setOwn(fields, name, typeof value === 'bigint' ? String(value) : value)
  }
  return fields
}
