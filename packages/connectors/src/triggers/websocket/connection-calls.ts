import type { TriggerContext } from '@pelton/core'
import { errors } from '../../errors.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'

/** What the handler side says of a call; unchecked, as it comes from the handler's process. */
export interface CallPayload {
  id?: unknown
  room?: unknown
  text?: unknown
  code?: unknown
  reason?: unknown
}

/** Sends to one connection, unless it is gone or takes too little; true when it will get the message. */
export type Push = (connection: Connection, data: Uint8Array, isText: boolean) => boolean

const mostRooms = 256
const mostRoomCharacters = 256
const mostReasonBytes = 123
const nothing = new Uint8Array(0)

/** Answers the calls of `context.websocket` (handler-side.ts and handler_side.py). */
export function answerCalls(onCall: TriggerContext['onCall'], connections: Connections, push: Push): void {
  const answer = (operation: string, act: (payload: CallPayload, data: Uint8Array) => boolean | number): void => {
    onCall(`websocket.${operation}`, async (payload, body) => act(payload ?? {}, body ?? nothing))
  }
  const find = ({ id }: CallPayload): Connection | undefined => connections.get(String(id))
  const pushAll = (members: Iterable<Connection>, data: Uint8Array, isText: boolean): number => {
    let sent = 0
    for (const connection of members) if (push(connection, data, isText)) sent += 1
    return sent
  }
  answer('send', (payload, data) => {
    const connection = find(payload)
    return connection !== undefined && push(connection, data, payload.text === true)
  })
  answer('broadcast', ({ text }, data) => pushAll(connections.admitted(), data, text === true))
  answer('to', ({ room, text }, data) => pushAll(connections.in(String(room)), data, text === true))
  answer('join', (payload) => {
    const connection = find(payload)
    if (connection) connections.join(connection, checkedRoom(payload.room, connection))
    return connection !== undefined
  })
  answer('leave', (payload) => {
    const connection = find(payload)
    if (connection) connections.leave(connection, String(payload.room))
    return connection !== undefined
  })
  answer('close', (payload) => {
    const connection = find(payload)
    const { code, reason } = checkedClose(payload)
    connection?.peer?.close(code, reason)
    return connection !== undefined
  })
}

function checkedRoom(room: unknown, { rooms }: Connection): string {
  if (typeof room !== 'string' || room === '' || room.length > mostRoomCharacters) {
    throw errors.room_refused({ reason: `its name must be a text of 1 to ${mostRoomCharacters} characters` })
  }
  if ((rooms?.size ?? 0) >= mostRooms && !rooms?.has(room)) {
    throw errors.room_refused({ reason: `the connection is in ${mostRooms} rooms already` })
  }
  return room
}

/** RFC 6455 §7.4: what an application may say. */
function checkedClose({ code = 1000, reason = '' }: CallPayload): { code: number; reason: string } {
  const known = typeof code === 'number' && Number.isInteger(code)
  if (!known || !(code === 1000 || code === 1001 || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999))) {
    throw errors.close_refused({ reason: `the code ${String(code)} is not 1000, 1001, 1007 to 1014 or 3000 to 4999` })
  }
  const text = String(reason)
  if (Buffer.byteLength(text) > mostReasonBytes) {
    throw errors.close_refused({ reason: `its reason is longer than ${mostReasonBytes} bytes` })
  }
  return { code, reason: text }
}
