import type { ExtProcContext, HandlerResponse } from '@pelton/sdk'

/** Adds one header to each request. */
export function handler(context: ExtProcContext): HandlerResponse {
  return context.extproc.proceed({ setHeaders: { 'x-processed': 'yes' } })
}
