import type { HttpRequest, HttpResponse } from '@pelton/protocols/http'
import { InferenceError } from '@pelton/protocols/inference'
import type { TriedModel } from './try-answer.ts'

/** What decides whether there is a page. */
export interface TryParts {
  /** The trigger serves on Kubernetes. */
  kubernetes: boolean
}

/** Loads the page to try a model, and answers with it. InferenceError 404 on Kubernetes: strangers come there. */
export async function answerTryRoute(
  model: TriedModel,
  request: HttpRequest,
  { kubernetes }: TryParts,
): Promise<HttpResponse> {
  if (kubernetes)
    throw new InferenceError(404, 'the page to try a model is for development: there is none on Kubernetes')
  const { answerTry } = await import('./try-answer.ts')
  return answerTry(model, request)
}
