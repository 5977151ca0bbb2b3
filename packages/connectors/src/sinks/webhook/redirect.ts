import { type Destination, destinationOf } from './destination.ts'
import type { WebhookRequest } from './webhook-request.ts'

/** The request for the next place, or why there is none. */
export type Redirection = { request: WebhookRequest } | { fault: string }

const mostHops = 3

/** Whether a status sends the client elsewhere. RFC 9110 §15.4. */
export function isRedirect(status: number): boolean {
  return status === 307 || status === 308 || (status >= 301 && status <= 303)
}

/**
 * Where a redirect leads, after `hops` earlier ones. Only 307 and 308 keep method and body; what was configured for the
 * first origin never goes to another.
 */
export function redirect(
  request: WebhookRequest,
  status: number,
  location: string | undefined,
  hops: number,
): Redirection {
  const url = location === undefined ? null : URL.parse(location, request.destination.origin + request.destination.path)
  if (!url) return { fault: `status ${status} without a place to go to` }
  const destination = destinationOf(url)
  const fault = faultOf(request.destination, { url, destination, status, hops })
  if (fault !== undefined) return { fault: `status ${status}: ${fault}` }
  const isSame = destination.origin === request.destination.origin
  return { request: { ...request, destination, ownHeaders: isSame ? request.ownHeaders : {} } }
}

function faultOf(
  from: Destination,
  { url, destination, status, hops }: { url: URL; destination: Destination; status: number; hops: number },
): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `it leads to a URL of ${url.protocol}`
  if (status < 307)
    return `it moved to ${destination.shown} in a way that makes a GET of the request; configure that url`
  if (from.isSecure && !destination.isSecure) return `it leads from https to ${destination.shown}`
  return hops >= mostHops ? `more than ${mostHops} redirects` : undefined
}
