import { isUtf8 } from 'node:buffer'
import path from 'node:path'
import { type CreateSink, type SinkSettings } from '@pelton/core'
import type { ConnectOptions } from '@pelton/protocols/websocket'
import { errors } from '../../errors.ts'
import type { WebSocketAttributes } from './config.ts'
import { Connection } from './connection.ts'

/** A server that has said nothing for so long is asked whether it is there, and given up when it is not. */
const pingIntervalMs = 30_000

/** Sends each answer as a message. Whatever the server sends is read and dropped. */
export const createWebSocketSink: CreateSink<WebSocketAttributes> = (settings) => {
  const { url, messageType, timeout } = settings.attributes
  const isText = messageType === 'text'
  let connection: Connection | undefined
  return {
    async open(lost) {
      const target = { url, shown: withoutSecrets(url), timeoutMs: timeout, clock: settings.clock }
      const opening = (connection = new Connection(target, lost))
      try {
        await opening.open(() => connectOptions(settings))
      } catch (error) {
        if (connection === opening) connection = undefined
        throw error
      }
    },
    async write({ response }) {
      if (!connection) throw errors.sink_not_open({ sink: settings.name })
      if (isText && !isUtf8(response.body)) throw errors.message_not_text({ url: withoutSecrets(url) })
      await connection.send(response.body, isText)
    },
    async close(deadlineMs) {
      const open = connection
      connection = undefined
      await open?.close(deadlineMs)
    },
  }
}

async function connectOptions({
  attributes,
  folder,
  clock,
}: SinkSettings<WebSocketAttributes>): Promise<ConnectOptions> {
  const { headers, subprotocols, timeout: timeoutMs, tls } = attributes
  const ca = tls.ca === undefined ? undefined : await readCa(path.resolve(folder, tls.ca))
  const { rejectUnauthorized } = tls
  return { headers, subprotocols, timeoutMs, maxMessageBytes: 0, pingIntervalMs, rejectUnauthorized, ca, clock }
}

/** The module is large for a function that few files need. */
async function readCa(file: string): Promise<string> {
  return (await import('@pelton/protocols/http')).readAuthorities(file)
}

function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
