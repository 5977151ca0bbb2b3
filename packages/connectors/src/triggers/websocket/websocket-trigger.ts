import path from 'node:path'
import { type CreateTrigger, type TriggerContext, type TriggerSettings, untilAborted } from '@pelton/core'
import { type HttpHead, type HttpListener, type HttpResponse, httpListeners, textAnswer } from '@pelton/protocols/http'
import { answerHandshake } from '@pelton/protocols/websocket'
import type { WebSocketAttributes } from './config.ts'
import type { FlowLimits } from './flow.ts'
import { listenAddress } from './listen-address.ts'
import { Serving } from './serving.ts'

const ownPath = '/ws'
/** RFC 6455 §7.4.1 and its registry: the server goes away; it comes again. */
const goingAway = { code: 1001, reason: 'going away' }
const restarting = { code: 1012, reason: 'service restart' }

/** A trigger that takes WebSocket connections and makes events of their messages. */
export const createWebSocketTrigger: CreateTrigger<WebSocketAttributes> = (settings) => ({
  run: (context) => runWebSocketTrigger(settings, context),
})

/** One run of the trigger; see `Trigger.run`. */
export async function runWebSocketTrigger(
  settings: TriggerSettings<WebSocketAttributes>,
  context: TriggerContext,
  limits: Partial<FlowLimits> = {},
): Promise<void> {
  const serving = new Serving(settings, context, limits)
  const listener = await listen(settings, context, serving)
  context.reachable(urlOf(listener, settings.attributes.path))
  context.ready(true)
  await untilAborted(context.stop)
  context.ready(false, 'stopping')
  const isReplaced = context.stop.reason === 'replaced'
  // Another copy takes the new ones already; otherwise they are told why there is none.
  const closed = isReplaced ? listener.close(context.abort) : undefined
  await serving.stop(isReplaced ? restarting : goingAway, context.abort)
  await (closed ?? listener.close(context.abort))
}

function listen(
  settings: TriggerSettings<WebSocketAttributes>,
  context: TriggerContext,
  serving: Serving,
): Promise<HttpListener> {
  const { attributes, folder, sharedAddress = false } = settings
  const { host, port } = listenAddress(settings)
  const { tls } = attributes
  return context.shared(httpListeners).listen({
    host,
    port,
    path: attributes.path,
    owner: `trigger ${context.name}`,
    ...(attributes.path === ownPath ? { alsoAt: '/' } : {}),
    reusePort: sharedAddress,
    tls: tls && { cert: path.resolve(folder, tls.cert), key: path.resolve(folder, tls.key) },
    maxBodyBytes: 0,
    precheck: (head) => answerPlain(head, settings),
    onRequest: () => textAnswer(426, 'this is a WebSocket\n'),
    onUpgrade: (upgrade) => serving.upgrade(upgrade),
    onFault: (error) => context.logger.error('websocket_fault', { error: String(error) }),
  })
}

/** Answers a request that is no upgrade. */
function answerPlain(head: HttpHead, { attributes, compat }: TriggerSettings<WebSocketAttributes>): HttpResponse {
  const handshake = answerHandshake(head, attributes)
  const { status, text, headers } = handshake.accepted ? plainUpgrade : handshake
  return { ...textAnswer(compat !== 'none' && status === 426 ? 400 : status, text), headers }
}

/** What asks well, but at the wrong time, such as behind requests that are not answered yet. */
const plainUpgrade = { status: 400, text: 'this connection cannot become a WebSocket\n', headers: [] }

function urlOf({ url }: HttpListener, at: string): string {
  return url.replace(/^http/, 'ws') + (at === '*' ? '' : at)
}
