import type { ExtProcContext, ExtProcEvent } from '@pelton/sdk'
import { verify } from './verify.ts'

const secret = process.env['JWT_SECRET'] ?? ''
// Whoever knows the secret makes tokens; an empty one everybody knows.
if (secret === '') throw new Error('JWT_SECRET is not set')

/** Lets requests with a valid token pass, and tells the upstream whose they are; answers the others 401. */
export function handler({ extproc }: ExtProcContext, event: ExtProcEvent) {
  const [, token] = /^Bearer +(\S+)$/i.exec(event.header('authorization') ?? '') ?? []
  const claims = token === undefined ? 'a token is required' : verify(token, secret, Date.now() / 1000)
  if (typeof claims !== 'string') return extproc.proceed({ setHeaders: { 'x-user': encodeURIComponent(claims.sub) } })
  const why = token === undefined ? '' : ` error="invalid_token", error_description="${claims}"`
  return extproc.respond({ status: 401, headers: { 'www-authenticate': `Bearer${why}` }, body: { error: claims } })
}
