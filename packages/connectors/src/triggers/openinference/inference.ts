import { Buffer } from 'node:buffer'
import type { Bytes, Response, TriggerContext, TriggerSettings } from '@pelton/core'
import { InferenceError, type InferRequest, type InferResponse, checkTensors } from '@pelton/protocols/inference'
import type { OpenInferenceAttributes } from './config.ts'
import { answerForSinks } from './answer-for-sinks.ts'
import type { InferCall } from './infer-call.ts'
import { InferenceEvent } from './inference-event.ts'
import type { FailureReason } from './statistics/model-counts.ts'
import type { Models, ServedModel } from './models/models.ts'
import { FailedEvent, failedEvent, readAnswer } from './read-answer.ts'
import type { ModelRepository } from './models/repository.ts'
import { runFactsOf } from './statistics/run-facts.ts'
import type { RunningInference } from './statistics/running-inference.ts'
import { type ServerFacts, readServerFacts } from './server-facts.ts'

export type { InferCall } from './infer-call.ts'

/** What inference is made of. */
export interface InferenceParts {
  models: Models
  repository: ModelRepository
  settings: TriggerSettings<OpenInferenceAttributes>
  context: TriggerContext
}

/** A request that will be an event, and how it goes. */
interface Begun {
  model: ServedModel
  /** By the names that the workers know the model by. */
  request: InferRequest
  event: InferenceEvent
  running: RunningInference
}

/** Answers requests for inference by way of the handler, whatever protocol they came by. */
export class Inference {
  readonly models: Models
  readonly repository: ModelRepository
  readonly server: ServerFacts = readServerFacts()
  readonly #settings: TriggerSettings<OpenInferenceAttributes>
  readonly #context: TriggerContext
  readonly #trigger: { readonly kind: string; readonly name: string }

  constructor({ models, repository, settings, context }: InferenceParts) {
    this.models = models
    this.repository = repository
    this.#settings = settings
    this.#context = context
    this.#trigger = { kind: settings.kind, name: settings.name }
  }

  /** Workers are there and the processor is not about to stop. */
  get isReady(): boolean {
    return this.#context.serving.isServing
  }

  /** Counts a request for inference that cannot be read, and so is no event. */
  noteRefused(): void {
    this.#context.count('failure')
  }

  /** The handler's answer to a request, checked and completed. Rejects with InferenceError, and nothing else, for what has none. */
  async infer(request: InferRequest, call: InferCall): Promise<InferResponse> {
    const begun = this.#begin(request, call)
    try {
      const response = await this.#dispatch(begun, call)
      const answer = isStream(response.body)
        ? await this.#readAll(begun, response, response.body)
        : this.#read(begun, response, response.body ?? nothing)
      this.#succeed(begun, response)
      return answer
    } catch (error) {
      this.#fail(begun, reasonOf(error, call))
      throw error
    }
  }

  /** The same for a handler that streams: each chunk is an answer. */
  async *inferStream(request: InferRequest, call: InferCall): AsyncIterable<InferResponse> {
    const begun = this.#begin(request, call)
    try {
      const response = await this.#dispatch(begun, call)
      if (isStream(response.body)) {
        for await (const chunk of unbroken(response.body, begun.event.id)) yield this.#read(begun, response, chunk)
      } else {
        yield this.#read(begun, response, response.body ?? nothing)
      }
      this.#succeed(begun, response)
    } catch (error) {
      this.#fail(begun, reasonOf(error, call))
      throw error
    } finally {
      // Nothing happens when it ended in one of these ways: else its reader has left.
      this.#fail(begun, 'CANCELED')
    }
  }

  /** InferenceError for what is not to be an event, which is counted here. */
  #begin(request: InferRequest, call: InferCall): Begun {
    const model = this.#admit(request)
    const { name, version } = model.source ?? model
    const resolved = { ...request, modelName: name, modelVersion: version }
    const target = { request: resolved, askedVersion: request.modelVersion === '' ? '' : version }
    const running = model.counts.begin(this.#context.clock.now(), rowsOf(request, model))
    return { model, request: resolved, event: new InferenceEvent(this.#trigger, target, call), running }
  }

  #admit(request: InferRequest): ServedModel {
    let model: ServedModel | undefined
    try {
      model = this.models.find(request.modelName, request.modelVersion)
      checkRequest(request, model)
      return model
    } catch (error) {
      this.noteRefused()
      model?.counts.refuse()
      throw error
    }
  }

  async #dispatch({ event, running }: Begun, { signal }: InferCall): Promise<Response> {
    const outcome = await this.#context.dispatch(event, { signal, times: running, forSinks: answerForSinks })
    if (outcome.status === 'failed') throw failedEvent(outcome.error, event.id)
    return outcome.response
  }

  #read({ model, request }: Begun, response: Response, body: Bytes): InferResponse {
    // A model's own file is not a declaration that its answers could break.
    const isChecked = !this.#settings.kubernetes && model.source === undefined
    const answer = readAnswer(response, body, { request, model, isPiece: isStream(response.body), isChecked })
    const { name, version } = model
    if (!model.source || (answer.modelName === name && answer.modelVersion === version)) return answer
    return { ...answer, modelName: name, modelVersion: version }
  }

  async #readAll(begun: Begun, response: Response, stream: AsyncIterable<Bytes>): Promise<InferResponse> {
    const pieces = await gather(stream, this.#settings.attributes.max_body_bytes, begun.event.id)
    try {
      return this.#read(begun, response, Buffer.concat(pieces))
    } catch (error) {
      if (!(error instanceof InferenceError) || pieces.length < 2) throw error
      const hint = `the handler yielded ${pieces.length} pieces, which are one answer only together; ModelStreamInfer takes each for one`
      throw new InferenceError(error.status, `${error.message}; ${hint}`)
    }
  }

  #succeed({ model, running }: Begun, response: Response): void {
    const { clock } = this.#context
    model.counts.succeed(running, { now: clock.now(), wall: clock.wall() }, runFactsOf(response))
  }

  #fail({ model, running }: Begun, reason: FailureReason): void {
    model.counts.fail(running, this.#context.clock.now(), reason)
  }
}

const nothing = new Uint8Array(0)

/** What Triton calls its batch size: that of the request, where the model takes batches. */
function rowsOf({ inputs }: InferRequest, { maxBatchSize }: ServedModel): number {
  return maxBatchSize > 0 ? (inputs[0]?.shape[0] ?? 1) : 1
}

function reasonOf(error: unknown, { signal }: InferCall): FailureReason {
  if (signal.aborted) return 'CANCELED'
  if (error instanceof FailedEvent && error.status === 503) return 'REJECTED'
  return error instanceof InferenceError && error.status >= 500 ? 'BACKEND' : 'OTHER'
}

/** Held to what is declared: without declarations anything goes. What workers run themselves they check better: they know of inputs of any rank. */
function checkRequest({ inputs, outputs = [] }: InferRequest, model: ServedModel): void {
  if (model.inputs.length > 0 && model.source === undefined) checkTensors(inputs, model.inputs, 'input')
  if (model.outputs.length === 0) return
  const names = model.outputs.map(({ name }) => name)
  const unknown = outputs.find(({ name }) => !names.includes(name))
  if (!unknown) return
  const known = names.slice(0, 20).map((name) => JSON.stringify(name))
  throw new InferenceError(
    400,
    `there is no output ${JSON.stringify(unknown.name.slice(0, 100))}; there are ${known.join(', ')}`,
  )
}

function isStream(body: Response['body']): body is AsyncIterable<Bytes> {
  return body !== undefined && !(body instanceof Uint8Array)
}

async function gather(stream: AsyncIterable<Bytes>, maxBytes: number, eventId: string): Promise<Bytes[]> {
  const pieces: Bytes[] = []
  let bytes = 0
  for await (const piece of unbroken(stream, eventId)) {
    bytes += piece.byteLength
    if (bytes > maxBytes) throw new FailedEvent(500, `the answer has more than ${maxBytes} bytes`, eventId)
    pieces.push(piece)
  }
  return pieces
}

/** A stream whose handler fails midway ends with a FailedEvent: the worker has logged why. */
async function* unbroken(stream: AsyncIterable<Bytes>, eventId: string): AsyncGenerator<Bytes, void, undefined> {
  const chunks = stream[Symbol.asyncIterator]()
  let isOver = false
  try {
    for (;;) {
      const step = await chunks.next().catch(() => {
        isOver = true
        throw new FailedEvent(500, 'the inference broke off', eventId)
      })
      isOver = step.done === true
      if (step.done) return
      yield step.value
    }
  } finally {
    if (!isOver) await chunks.return?.()
  }
}
