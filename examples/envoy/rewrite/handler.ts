import type { ExtProcContext, ExtProcEvent } from '@pelton/sdk'

const internal = /http:\/\/[\w.-]+\.internal(:\d+)?/g

/** Shows the outside what it may see of the upstream: public links, its own words for failures, headers that browsers heed. */
export function handler({ extproc }: ExtProcContext, event: ExtProcEvent) {
  if ((event.status ?? 0) >= 500) return failure(extproc, event)
  const shown = `${event.scheme}://${event.authority}`
  const setHeaders: Record<string, string> = { 'x-content-type-options': 'nosniff' }
  const location = event.header('location')
  if (location !== undefined) setHeaders['location'] = location.replace(internal, shown)
  const removeHeaders = ['x-powered-by']
  if (!event.contentType.startsWith('text/html')) return extproc.proceed({ setHeaders, removeHeaders })
  // It was decompressed for us, and is compressed again.
  return extproc.proceed({ setHeaders, removeHeaders, body: event.text().replaceAll(internal, shown) })
}

function failure(extproc: ExtProcContext['extproc'], event: ExtProcEvent) {
  return extproc.proceed({
    status: 502,
    setHeaders: { 'content-type': 'application/problem+json' },
    body: { title: 'The shop is out of order', status: 502, instance: event.requestId },
  })
}
