import type { MediaDescription, SessionDescription } from './session-description.ts'

const absolute = /^[a-z][a-z0-9+.-]*:\/\//i

/**
 * The URL of a whole session (RFC 2326 C.1.1). `base` is the description's Content-Base, else its Content-Location,
 * else the URL that was asked.
 */
export function sessionUrl(description: SessionDescription, base: string): string {
  return resolve(description.control, base)
}

/** The URL by which one medium is set up; that of the session for a medium without one of its own. */
export function mediaUrl(description: SessionDescription, media: MediaDescription, base: string): string {
  const session = description.control ?? ''
  return resolve(media.control, absolute.test(session) ? session : base)
}

/**
 * Servers expect what is relative behind the whole base, query included, and not in place of its last segment as
 * RFC 3986 has it.
 */
function resolve(control: string | undefined, base: string): string {
  if (control === undefined || control === '' || control === '*') return base
  if (absolute.test(control)) return control
  if (base.endsWith('/')) return base + control.replace(/^\//, '')
  return /^[/?]/.test(control) ? base + control : `${base}/${control}`
}
