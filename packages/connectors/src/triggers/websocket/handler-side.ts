import type { CallTrigger, CreateHandlerSide } from '@pelton/core'
import type { WebSocketSender } from '@pelton/sdk'

/** Makes `context.websocket`. */
export const createHandlerSide: CreateHandlerSide = (call) => createSender(call)

function createSender(call: CallTrigger): WebSocketSender {
  const send = (operation: string, to: Record<string, string>, data: unknown): Promise<unknown> => {
    const { text, body } = messageOf(data)
    return call(`websocket.${operation}`, { ...to, text }, body)
  }
  return {
    send: async (id, data) => (await send('send', { id }, data)) === true,
    broadcast: async (data) => Number(await send('broadcast', {}, data)),
    to: async (room, data) => Number(await send('to', { room }, data)),
    join: async (id, room) => (await call('websocket.join', { id, room })) === true,
    leave: async (id, room) => (await call('websocket.leave', { id, room })) === true,
    close: async (id, code = 1000, reason = '') => (await call('websocket.close', { id, code, reason })) === true,
  }
}

/** Text and JSON go out as text, bytes as bytes. Throws `TypeError` for what is none of them. */
function messageOf(data: unknown): { text: boolean; body: Uint8Array } {
  if (typeof data === 'string') return { text: true, body: Buffer.from(data) }
  // A copy: the handler may fill its buffer anew before the bytes have been written.
  if (data instanceof ArrayBuffer) return { text: false, body: new Uint8Array(data.slice()) }
  if (ArrayBuffer.isView(data)) {
    return { text: false, body: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice() }
  }
  const json = JSON.stringify(data) as string | undefined
  if (json === undefined) throw new TypeError(`a message cannot be ${typeof data}`)
  return { text: true, body: Buffer.from(json) }
}
