import {
  type EventData,
  type HandleOptions,
  type Outcome,
  type PeltonLogger,
  type Response,
  type Task,
  type Worker,
  isPeltonError,
  systemClock,
} from '@pelton/core'
import { InferenceError } from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { type AskedInference, readAsked } from './asked-inference.ts'
import { errorAnswer, inferAnswer } from './infer-answer.ts'
import { type ServedModel, chooseModel } from './served-models.ts'

const finished = Promise.resolve()

/** Answers events by running models; those of one name stand newest first. */
export class OnnxWorker implements Pick<Worker, 'handle'> {
  readonly #models: readonly ServedModel[]
  readonly #logger: PeltonLogger

  constructor(models: readonly ServedModel[], logger: PeltonLogger) {
    this.#models = models
    this.#logger = logger
  }

  handle(event: EventData, options?: HandleOptions): Task {
    const begun = systemClock.now()
    return { outcome: this.#handle(event, options?.signal), begunAt: () => begun }
  }

  async #handle(event: EventData, signal: AbortSignal | undefined): Promise<Outcome> {
    try {
      return { status: 'handled', response: await this.#infer(event, signal), finished }
    } catch (error) {
      if (isPeltonError(error)) return { status: 'failed', error }
      if (signal?.aborted && error === signal.reason) {
        return { status: 'failed', error: errors.inference_given_up({ eventId: event.id }) }
      }
      if (!(error instanceof InferenceError)) return this.#failed(event, error)
      // Not the caller's fault: somebody should look at the model.
      if (error.status >= 500) this.#logger.warn('inference_failed', { eventId: event.id, reason: error.message })
      return { status: 'handled', response: errorAnswer(error.status, error.message), finished }
    }
  }

  async #infer(event: EventData, signal: AbortSignal | undefined): Promise<Response> {
    const asked = readAsked(event)
    const model = this.#modelOf(asked)
    const { session, queue } = model
    const inputs = session.arrange(asked.request.inputs)
    const outputs = session.outputsOf(asked.request.outputs)
    return inferAnswer(asked, model, await queue.add({ inputs, outputs }, signal))
  }

  /** Where there is but one, the trigger may know it by another name. */
  #modelOf({ form, model }: AskedInference): ServedModel {
    const [only, ...others] = this.#models
    return only && others.length === 0 && form !== 'rest' ? only : chooseModel(this.#models, model)
  }

  #failed(event: EventData, error: unknown): Outcome {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#logger.error('inference_failed', { eventId: event.id, reason })
    return { status: 'failed', error: errors.handler_failed({ text: 'the inference could not be made' }, error) }
  }
}
