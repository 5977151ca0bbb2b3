import type { HttpRequest, HttpResponse } from '@pelton/protocols/http'
import { InferenceError } from '@pelton/protocols/inference'
import type { Inference } from '../inference.ts'
import { errorAnswer, jsonAnswer, refusal } from './rest-answers.ts'
import { answerInfer } from './rest-infer.ts'
import { configObject, indexObject, metadataObject, statisticsObject } from './rest-models.ts'
import { answerChange, wantsReadyOnly } from './rest-repository.ts'
import { type ModelRoute, type RestRoute, methodsOf, routeOf } from './rest-route.ts'
import { answerTryRoute } from '../try/try-route.ts'

/** What answers REST. */
export interface RestParts {
  inference: Inference
  /** Of a request, also once it is unpacked. */
  maxBodyBytes: number
  kubernetes: boolean
}

/** Answers any request at `/v2` and below by the REST protocol; rejects only for what is a fault of ours. */
export async function answerRest(request: HttpRequest, parts: RestParts): Promise<HttpResponse> {
  try {
    const route = routeOf(request.path)
    if (!route) return errorAnswer({ status: 404, message: 'there is nothing at this path' })
    const methods = methodsOf(route)
    if (methods.includes(request.method)) return await answerRoute(route, request, parts)
    const allow = methods.join(', ')
    return errorAnswer({ status: 405, message: `this path answers ${allow} only` }, [['Allow', allow]])
  } catch (error) {
    if (error instanceof InferenceError) return refusal(error)
    throw error
  }
}

function answerRoute(
  route: RestRoute,
  request: HttpRequest,
  { inference, maxBodyBytes, kubernetes }: RestParts,
): HttpResponse | Promise<HttpResponse> {
  const { models, server, isReady } = inference
  switch (route.kind) {
    case 'server':
      return jsonAnswer(200, server)
    case 'live':
      return jsonAnswer(200, { live: true })
    case 'ready':
      // The protocol's text calls it live, its servers ready.
      return jsonAnswer(isReady ? 200 : 503, { ready: isReady, live: isReady })
    case 'models':
      return jsonAnswer(200, { models: [...new Set(models.all().map(({ name }) => name))] })
    case 'index':
      return jsonAnswer(200, indexObject(models.index({ isReady, readyOnly: wantsReadyOnly(request) })))
    case 'metadata':
      return jsonAnswer(200, metadataObject(models.find(route.name, route.version)))
    case 'config':
      return jsonAnswer(200, configObject(models.find(route.name, route.version)))
    case 'all_statistics':
      return jsonAnswer(200, statisticsObject(models.all()))
    case 'statistics':
      return jsonAnswer(200, statisticsObject(models.select(route.name, route.version)))
    case 'load':
    case 'unload':
      return answerChange(inference.repository, route, request)
    case 'model_ready':
      return answerModelReady(inference, route)
    case 'infer':
      return answerInfer(inference, route, request, maxBodyBytes)
    case 'try':
      return answerTryRoute(models.find(route.name, route.version), request, { kubernetes })
  }
}

function answerModelReady({ models, isReady }: Inference, { name, version }: ModelRoute): HttpResponse {
  models.find(name, version)
  return jsonAnswer(isReady ? 200 : 503, { name, ready: isReady })
}
