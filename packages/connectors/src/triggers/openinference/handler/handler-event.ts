import { Buffer } from 'node:buffer'
import type { EventData } from '@pelton/core'
import { type InferRequest, readInferRequest, writeInferRequest } from '@pelton/protocols/inference'
import { tensorsByName } from '@pelton/protocols/inference/handler'
import type { InputTensor } from '@pelton/sdk'

/** What handlers see of an event whose body is a request in binary form. Body and tensors are made when they are first asked for. */
export class InferenceView implements EventData {
  readonly #event: EventData
  readonly #extra: { readonly inputs: Readonly<Record<string, InputTensor>> }
  #request: InferRequest | undefined
  #body: Uint8Array | undefined
  #inputs: Record<string, InputTensor> | undefined

  constructor(event: EventData) {
    this.#event = event
    const inputs = (): Record<string, InputTensor> => this.#readInputs()
    this.#extra = Object.defineProperty({ inputs: {} }, 'inputs', { get: inputs, enumerable: true })
  }

  get id(): string {
    return this.#event.id
  }
  get attempt(): number {
    return this.#event.attempt
  }
  get trigger(): EventData['trigger'] {
    return this.#event.trigger
  }
  get timestamp(): Date {
    return this.#event.timestamp
  }
  get method(): string {
    return this.#event.method
  }
  get path(): string {
    return this.#event.path
  }
  get url(): string {
    return this.#event.url
  }
  get contentType(): string {
    return this.#event.contentType
  }
  get headers(): EventData['headers'] {
    return this.#event.headers
  }
  get keepsHeaders(): boolean {
    return this.#event.keepsHeaders === true
  }
  get fields(): EventData['fields'] {
    return this.#event.fields
  }
  get keepsBody(): boolean {
    return this.#event.keepsBody === true
  }
  get shardId(): number {
    return this.#event.shardId
  }
  get offset(): number {
    return this.#event.offset
  }
  get topic(): string {
    return this.#event.topic
  }
  get extra(): { readonly inputs: Readonly<Record<string, InputTensor>> } {
    return this.#extra
  }
  get body(): Uint8Array {
    return (this.#body ??= this.#isJson ? this.#event.body : writeInferRequest(this.#readRequest()).body)
  }

  get #headerLength(): number | undefined {
    return this.#event.extra?.['inferHeaderLength'] as number | undefined
  }

  get #isJson(): boolean {
    return this.#headerLength === undefined
  }

  #readRequest(): InferRequest {
    return (this.#request ??= requestOf(this.#event.body, this.#headerLength))
  }

  #readInputs(): Record<string, InputTensor> {
    return (this.#inputs ??= tensorsByName(this.#readRequest().inputs))
  }
}

function requestOf(body: Uint8Array, headerLength: number | undefined): InferRequest {
  return readInferRequest(Buffer.from(body.buffer, body.byteOffset, body.byteLength), headerLength)
}
