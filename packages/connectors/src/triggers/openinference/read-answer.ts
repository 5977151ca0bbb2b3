import { Buffer } from 'node:buffer'
import type { Bytes, PeltonError, Response } from '@pelton/core'
import {
  InferenceError,
  type InferRequest,
  type InferResponse,
  type TensorMetadata,
  checkTensors,
  readInferResponse,
  readJson,
  selectOutputs,
} from '@pelton/protocols/inference'
import type { ServedModel } from './models/models.ts'

/** What an answer is read for. */
export interface AnswerRules {
  request: InferRequest
  model: ServedModel
  /** It was yielded. */
  isPiece: boolean
  /** Its outputs must be those that are declared. */
  isChecked: boolean
}

/** An event that the handler did not answer; a caller may ask for it by its id. */
export class FailedEvent extends InferenceError {
  readonly eventId: string

  constructor(status: number, message: string, eventId: string) {
    super(status, message)
    this.eventId = eventId
  }
}

/** A handler may answer an error in plain text, which is told up to here. */
const longestErrorText = 4096

/** Why an event has no answer, and no more about it than a stranger may know. */
export function failedEvent({ code, message, status }: PeltonError, eventId: string): FailedEvent {
  // Its message is made for callers: generic, or the handler's own text where `exposeErrors` is set.
  if (code === 'handler_failed') return new FailedEvent(500, message, eventId)
  if (status === 503) return new FailedEvent(503, 'no worker is free', eventId)
  if (status === 408 || status === 504) return new FailedEvent(504, 'the inference took too long', eventId)
  return new FailedEvent(500, 'the inference could not be made', eventId)
}

/** The outputs that were asked for, with names and id; InferenceError with the handler's status and message, or 500 for what is no answer. */
export function readAnswer(
  response: Pick<Response, 'status' | 'headers' | 'extra'>,
  body: Bytes,
  rules: AnswerRules,
): InferResponse {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (response.status >= 400) throw handlersError(response.status, bytes)
  const { request, model } = rules
  const form = rules.isPiece ? { isPiece: true } : { headerLength: headerLengthOf(response) }
  const given = readInferResponse(bytes, { ...form, declared: model.outputs })
  const answer = selected(given, rules)
  if (rules.isChecked && model.outputs.length > 0) checkTensors(answer.outputs, expected(rules), 'output')
  return {
    ...answer,
    modelName: answer.modelName || model.name,
    modelVersion: answer.modelVersion || model.version,
    id: answer.id || request.id,
  }
}

/** What is declared a client is right to ask for: when it is not there, the function is at fault. */
function selected(given: InferResponse, { request, model }: AnswerRules): InferResponse {
  try {
    return selectOutputs(given, request)
  } catch (error) {
    if (!(error instanceof InferenceError) || model.outputs.length === 0) throw error
    throw new InferenceError(500, `no inference response: ${error.message}`)
  }
}

function expected({ request, model }: AnswerRules): readonly TensorMetadata[] {
  const { outputs = [] } = request
  if (outputs.length === 0) return model.outputs
  const names = new Set(outputs.map(({ name }) => name))
  return model.outputs.filter(({ name }) => names.has(name))
}

function handlersError(status: number, body: Buffer): InferenceError {
  return new InferenceError(status, errorText(body) ?? `the model answered with status ${status}`)
}

/** The text of `{"error": …}`, or short plain text. */
function errorText(body: Buffer): string | undefined {
  if (body.length === 0) return undefined
  try {
    const value = readJson(body)
    if (typeof value === 'string') return value
    const error = (value as { error?: unknown } | null)?.error
    return typeof error === 'string' ? error : undefined
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    return body.length <= longestErrorText ? body.toString().trim() || undefined : undefined
  }
}

/** Of the binary form the length of its JSON: as the handler side says, or a handler that writes the protocol itself; NaN where that one says no number. */
export function headerLengthOf({ headers, extra }: Pick<Response, 'headers' | 'extra'>): number | undefined {
  const said = (extra?.['openinference'] as { headerLength?: unknown } | undefined)?.headerLength
  if (typeof said === 'number') return said
  const value = headers.find(([name]) => name.toLowerCase() === 'inference-header-content-length')?.[1]
  return value === undefined ? undefined : Number(value)
}
