import type { TestContext } from 'node:test'
import { type ExtProcClient, connectExtProc } from '@pelton/testkit'
import type { ServedFunction } from './serve-function.ts'

/** What a function file says beside its triggers. */
export interface FunctionOptions {
  runtime?: string
  handler?: string
  spec?: string
  /** Attributes of all triggers, as YAML in one line. */
  attributes?: string
}

/** One trigger each. */
export const types = ['preprocessor', 'postprocessor', 'wrapprocessor', 'observeprocessor']

/** A function file with one trigger of each type, named after it. */
export function yaml({
  runtime = 'nodejs',
  handler = 'handler.ts',
  spec = '',
  attributes = '',
}: FunctionOptions = {}): string {
  const triggers = types.map(
    (type) => `    ${type}: { kind: extproc, attributes: { type: ${type}, port: 0, ${attributes} } }\n`,
  )
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: processor }
spec:
  runtime: ${runtime}
  handler: ${handler}
  ${spec}
  triggers:
${triggers.join('')}`
}

/** A handler whose answer its path names. */
export const typescript = `import type { ExtProcContext, ExtProcEvent } from '@pelton/sdk'

export const handler = async (context: ExtProcContext, event: ExtProcEvent) => {
  const { proceed, respond } = context.extproc
  context.logger.info('called', { path: event.path, phase: event.phase, body: event.text() })
  switch (event.path) {
    case '/show': {
      const { method, path, url, fields, headers, authority, scheme, phase, endOfStream, requestId } = event
      const { contentType, attributes, metadata, trailers, status, request } = event
      const odd = event.header('X-Odd')
      const shown = { method, path, url, fields, headers, authority, scheme, phase, endOfStream, requestId }
      const text = request?.body === undefined ? null : Buffer.from(request.body).toString()
      const asked = request && { method: request.method, headers: request.headers, body: text }
      return respond({ body: { ...shown, contentType, attributes, metadata, trailers, status, request: asked, odd, body: event.text() } })
    }
    case '/proceed':
      return proceed({
        setHeaders: { 'X-Set': [1, 'two'] }, addHeaders: { 'X-Added': true }, removeHeaders: ['X-Gone'],
        path: '/new', method: 'PUT', status: 202, metadata: { space: { n: 1 } }, body: 'new',
        trailers: { 'X-Sum': '7' }, modeOverride: { responseBody: 'NONE' },
      })
    case '/respond': return respond({ status: 429, headers: { 'Retry-After': 5 }, contentType: 'text/x', body: 'slow' })
    case '/empty-body': return proceed({ body: '' })
    case '/nothing': return undefined
    case '/empty': return ''
    case '/text': return 'processed'
    case '/bytes': return Buffer.from('processed')
    case '/403': return { status: 403, headers: { 'X-Why': 'no' }, contentType: 'text/plain', body: 'denied' }
    case '/200': return { status: 200, headers: { 'X-Seen': 'yes' }, body: '' }
    case '/throw': throw new Error('secret')
    case '/nonsense': return { status: 999, body: Symbol('x') }
    case '/option': return proceed({ setHeader: {} } as object)
    case '/hang': await new Promise((resolve) => event.signal.addEventListener('abort', resolve)); context.logger.info('aborted'); return
    case '/die': process.exit(3)
  }
}
`

const python = `import os, time

def handler(context, event):
    extproc = context.extproc
    body = event.body if isinstance(event.body, bytes) else str(event.body).encode()
    context.logger.info_with('called', path=event.path, phase=event.phase, body=body.decode('latin-1'))
    if event.path == '/show':
        request = event.request and {
            'method': event.request['method'], 'headers': event.request['headers'],
            'body': event.request['body'].decode() if event.request.get('body') is not None else None,
        }
        return extproc.respond(body={
            'method': event.method, 'path': event.path, 'url': event.url, 'fields': event.fields,
            'headers': dict(event.headers), 'authority': event.authority, 'scheme': event.scheme,
            'phase': event.phase, 'endOfStream': event.end_of_stream, 'requestId': event.request_id,
            'contentType': event.content_type, 'attributes': event.attributes, 'metadata': event.metadata,
            'trailers': event.trailers, 'status': event.status, 'request': request,
            'odd': event.get_header('X-Odd'), 'body': body.decode(),
        })
    if event.path == '/proceed':
        return extproc.proceed(
            set_headers={'X-Set': [1, 'two']}, add_headers={'X-Added': True}, remove_headers=['X-Gone'],
            path='/new', method='PUT', status=202, metadata={'space': {'n': 1}}, body='new',
            trailers={'X-Sum': '7'}, mode_override={'response_body': 'NONE'},
        )
    if event.path == '/respond':
        return extproc.respond(status=429, headers={'Retry-After': 5}, content_type='text/x', body='slow')
    if event.path == '/empty-body':
        return extproc.proceed(body='')
    if event.path == '/nothing':
        return None
    if event.path == '/empty':
        return ''
    if event.path == '/text':
        return 'processed'
    if event.path == '/bytes':
        return b'processed'
    if event.path == '/403':
        return context.Response(body='denied', headers={'X-Why': 'no'}, content_type='text/plain', status_code=403)
    if event.path == '/200':
        return context.Response(headers={'X-Seen': 'yes'}, status_code=200)
    if event.path == '/throw':
        raise ValueError('secret')
    if event.path == '/nonsense':
        return context.Response(body='x', status_code='many')
    if event.path == '/option':
        return extproc.proceed(set_header={})
    if event.path == '/hang':
        time.sleep(3)
    if event.path == '/die':
        os._exit(3)
`

/** The same in both languages. */
export const functions: [name: string, files: (more?: FunctionOptions) => Record<string, string>][] = [
  ['TypeScript', (more) => ({ 'function.yaml': yaml(more), 'handler.ts': typescript })],
  [
    'Python',
    (more) => ({ 'function.yaml': yaml({ runtime: 'python', handler: 'main:handler', ...more }), 'main.py': python }),
  ],
]

/** Headers of a request. */
export const get = { ':method': 'GET', ':path': '/', ':authority': 'example.com', ':scheme': 'https' }
/** Those of another path. */
export const at = (path: string): Record<string, string> => ({ ...get, ':method': 'POST', ':path': path })

/** A peer of the trigger of that name. */
export function connect(t: TestContext, served: ServedFunction, trigger: string): Promise<ExtProcClient> {
  return connectExtProc(t, Number(new URL(served.urlOf(trigger)).port))
}
