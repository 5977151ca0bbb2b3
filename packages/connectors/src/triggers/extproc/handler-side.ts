import type { CreateHandlerSide } from '@pelton/core'
import type { ExtProc, HandlerResponse, ImmediateOptions, ProceedOptions } from '@pelton/sdk'
import { respond as responseOf } from '@pelton/sdk/host'
import type { Directions } from './directions.ts'
import { bodyContent } from './handler-options/body-content.ts'
import { checkOptions } from './handler-options/check-options.ts'
import { headerLines, headerNames } from './handler-options/header-lines.ts'
import { headersOfAnswer, typeOfAnswer } from './handler-options/immediate-options.ts'
import { checkedMethod, checkedPath, checkedStatus, metadataCopy, modeCopy } from './handler-options/proceed-options.ts'

/** Makes `context.extproc`. It calls nothing: it makes results, which the trigger reads (`readDirections`). */
export const createHandlerSide: CreateHandlerSide = () => ({ proceed, respond }) satisfies ExtProc

const proceedOptions: ReadonlySet<string> = new Set<keyof ProceedOptions>([
  'setHeaders',
  'addHeaders',
  'removeHeaders',
  'body',
  'path',
  'method',
  'status',
  'trailers',
  'metadata',
  'modeOverride',
])
const respondOptions: ReadonlySet<string> = new Set<keyof ImmediateOptions>([
  'status',
  'headers',
  'contentType',
  'body',
])

// Everything is checked, and copied, at once: where the handler's own line is to blame, and whatever it does later.
function proceed(options: ProceedOptions = {}): HandlerResponse {
  checkOptions('proceed', options, proceedOptions)
  const { setHeaders, addHeaders, removeHeaders, body, path, method, status, trailers } = options
  const extproc: Directions = { action: 'proceed' }
  if (setHeaders !== undefined) extproc.set = headerLines('proceed: setHeaders', setHeaders, 'some')
  if (addHeaders !== undefined) extproc.add = headerLines('proceed: addHeaders', addHeaders)
  if (removeHeaders !== undefined) extproc.remove = headerNames('proceed: removeHeaders', removeHeaders)
  if (path !== undefined) extproc.path = checkedPath(path)
  if (method !== undefined) extproc.method = checkedMethod(method)
  if (status !== undefined) extproc.status = checkedStatus('proceed', status)
  if (trailers !== undefined) extproc.trailers = headerLines('proceed: trailers', trailers)
  if (options.metadata !== undefined) extproc.metadata = metadataCopy(options.metadata)
  if (options.modeOverride !== undefined) extproc.modeOverride = modeCopy(options.modeOverride)
  if (body === undefined) return responseOf(undefined, { extra: { extproc } })
  extproc.replacesBody = true
  const { content, contentType } = bodyContent('proceed', body)
  return responseOf(content, { contentType, extra: { extproc } })
}

function respond(options: ImmediateOptions = {}): HandlerResponse {
  checkOptions('respond', options, respondOptions)
  const { content, contentType } = bodyContent('respond', options.body)
  const headers = headersOfAnswer(options.headers)
  return responseOf(content, {
    status: options.status === undefined ? 200 : checkedStatus('respond', options.status),
    headers,
    contentType: typeOfAnswer(options.contentType, headers, contentType),
    extra: { extproc: { action: 'respond' } satisfies Directions },
  })
}
