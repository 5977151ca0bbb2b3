import { Buffer } from 'node:buffer'
import type { HttpRequest, HttpResponse } from '@pelton/protocols/http'
import { InferenceError, type JsonValue, readJson } from '@pelton/protocols/inference'
import type { ModelRepository, RepositoryParameters } from '../models/repository.ts'
import { jsonAnswer } from './rest-answers.ts'
import type { ModelRoute } from './rest-route.ts'

type JsonObject = Readonly<Record<string, JsonValue>>

/** Loads or unloads a model and answers `{}`; rejects with InferenceError. */
export async function answerChange(
  repository: ModelRepository,
  { kind, name }: ModelRoute,
  request: HttpRequest,
): Promise<HttpResponse> {
  const parameters = parametersOf(request)
  await (kind === 'load' ? repository.load(name, parameters) : repository.unload(name, parameters))
  return jsonAnswer(200, {})
}

/** Triton's `{"ready": true}` in the body of the index, which may be empty; null is as good as absent. InferenceError 400 for anything else. */
export function wantsReadyOnly(request: HttpRequest): boolean {
  const ready = objectOf(request)?.['ready'] ?? false
  if (typeof ready === 'boolean') return ready
  throw new InferenceError(400, 'the body must be an object, whose ready is true or false')
}

function parametersOf(request: HttpRequest): RepositoryParameters {
  const parameters = objectOf(request)?.['parameters'] ?? {}
  if (isObject(parameters)) return parameters
  throw new InferenceError(400, 'parameters must be an object')
}

function objectOf({ body }: HttpRequest): JsonObject | undefined {
  if (body.length === 0) return undefined
  const value = readJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  if (isObject(value)) return value
  throw new InferenceError(400, 'the body must be an object')
}

function isObject(value: JsonValue): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
