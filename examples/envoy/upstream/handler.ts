import { gzipSync } from 'node:zlib'
import type { Context, Event } from '@pelton/sdk'

const terms = '<p>Read <a href="http://shop.internal:9100/rewrite/terms">the terms</a>.</p>\n'

/** What stands behind the proxy: a shop that knows nothing of it, says too much, and tells what it was sent. */
export function handler(_context: Context, event: Event) {
  switch (event.path) {
    case '/rewrite/page':
      return page(event.header('accept-encoding')?.includes('gzip') ?? false)
    case '/rewrite/moved':
      return { status: 302, headers: { location: 'http://shop.internal:9100/rewrite/page' } }
    case '/rewrite/fail':
      return { status: 500, contentType: 'text/plain', body: 'NullPointerException at Shop.java:12' }
    case '/redact/account':
      return { status: 200, body: { name: 'Ada', password: 'hunter2', accounts: [{ iban: 'GB33BUKB20201555555555' }] } }
    default:
      return { method: event.method, url: event.url, headers: event.headers, body: event.text() }
  }
}

function page(isZipped: boolean) {
  const headers = { 'x-powered-by': 'Shop 1.3', ...(isZipped ? { 'content-encoding': 'gzip' } : {}) }
  return { status: 200, contentType: 'text/html', headers, body: isZipped ? gzipSync(terms) : terms }
}
