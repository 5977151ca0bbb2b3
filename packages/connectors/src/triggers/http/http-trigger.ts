import path from 'node:path'
import { type CreateTrigger, type TriggerContext, type TriggerSettings, untilAborted } from '@pelton/core'
import { type HttpListener, httpListeners } from '@pelton/protocols/http'
import type { HttpAttributes } from './config.ts'
import { createCors } from './cors.ts'
import { isNodePort, listenAddress } from './listen-address.ts'
import { precheckRequest } from './precheck.ts'
import { RequestAnswerer } from './request-answerer.ts'

/** How long the connections of a copy that is replaced may send one request more, before they have to come again. */
const replacedIdleMs = 1000

/** A trigger that turns HTTP requests into events and outcomes into answers. */
export const createHttpTrigger: CreateTrigger<HttpAttributes> = (settings) => ({
  async run(context) {
    const listener = await listen(settings, context)
    context.reachable(listener.url)
    context.ready(true)
    await untilAborted(context.stop)
    context.ready(false, 'stopping')
    await listener.close(context.abort, context.stop.reason === 'replaced' ? replacedIdleMs : 0)
  },
})

async function listen(settings: TriggerSettings<HttpAttributes>, context: TriggerContext): Promise<HttpListener> {
  const { attributes, compat } = settings
  const address = listenAddress(settings)
  if (isNodePort(settings)) context.logger.info('node_port_ignored', { port: attributes.port, listens: address.port })
  const decideCors = attributes.cors.enabled ? createCors(attributes.cors, compat !== 'none') : undefined
  const answerer = new RequestAnswerer(settings, context, decideCors)
  const listener = await context.shared(httpListeners).listen({
    host: address.host,
    port: address.port,
    path: address.path,
    owner: `trigger ${context.name}`,
    portMayMove: !address.configured,
    reusePort: settings.sharedAddress ?? false,
    tls: attributes.tls && tlsFiles(attributes.tls, settings.folder),
    limits: limitsOf(attributes),
    maxBodyBytes: attributes.maxRequestBodySize,
    tooLargeStatus: compat === 'none' ? 413 : 400,
    precheck: (head) => precheckRequest(head, decideCors, context.count),
    onRequest: (request) => answerer.answer(request),
    onFault: (error) => context.logger.error('http_fault', { error: reasonOf(error) }),
  })
  if (listener.movedFrom !== undefined) {
    context.logger.warn('port_moved', { from: listener.movedFrom, to: listener.port })
  }
  return listener
}

function tlsFiles({ cert, key }: { cert: string; key: string }, folder: string): { cert: string; key: string } {
  return { cert: path.resolve(folder, cert), key: path.resolve(folder, key) }
}

function limitsOf(attributes: HttpAttributes): {
  maxHeaderBytes: number
  headerTimeoutMs: number
  requestTimeoutMs: number
  idleTimeoutMs: number
} {
  return {
    maxHeaderBytes: attributes.readBufferSize,
    headerTimeoutMs: attributes.headerTimeout,
    requestTimeoutMs: attributes.requestTimeout,
    idleTimeoutMs: attributes.idleTimeout,
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
