import type { ClientOptions, WebSocket } from 'ws'
import type { Cleanup } from './temp-folder.ts'
import { waitUntil } from './wait-until.ts'

/** A message as it came. */
export interface ReceivedMessage {
  text: string
  bytes: Buffer
  isText: boolean
}

/** A WebSocket client of the package `ws` that keeps everything it gets. */
export interface WebSocketClient {
  readonly socket: WebSocket
  /** All messages so far. */
  readonly messages: readonly ReceivedMessage[]
  /** The texts of all messages so far. */
  readonly texts: readonly string[]
  send(data: string | Uint8Array): void
  /** Waits for so many messages and returns their texts. */
  until(count: number): Promise<readonly string[]>
  /** Resolves with the close code and reason; 1006 when it was cut. */
  readonly closed: Promise<{ code: number; reason: string }>
}

/** Connects and stays until the test ends. Rejects with a message that has the status when it is refused. */
export async function connectClient(
  test: Cleanup,
  url: string,
  options: ClientOptions & { subprotocols?: string[] } = {},
): Promise<WebSocketClient> {
  const { WebSocket } = await import('ws')
  const { subprotocols = [], ...rest } = options
  const socket = new WebSocket(url, subprotocols, rest)
  test.after(() => socket.terminate())
  const messages: ReceivedMessage[] = []
  socket.on('message', (data: Buffer, isBinary) => {
    messages.push({ text: data.toString(), bytes: data, isText: !isBinary })
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    // Later ones are seen as `closed`.
    socket.on('error', reject)
  })
  return {
    socket,
    messages,
    closed,
    get texts() {
      return messages.map(({ text }) => text)
    },
    send: (data) => socket.send(data),
    async until(count) {
      await waitUntil(`${count} messages`, () => messages.length >= count)
      return messages.map(({ text }) => text)
    },
  }
}
