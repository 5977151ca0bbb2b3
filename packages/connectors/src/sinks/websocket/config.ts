import { type Static, schema } from '@pelton/core'

const { boolean, choice, duration, list, map, object, optional, string } = schema

/** Attributes of the websocket sink; the first three names and the units are DigitalHub's. */
export const attributes = object({
  url: string({ minLength: 1, doc: 'Where it connects, ws or wss; credentials in it become basic authorization' }),
  messageType: choice(['binary', 'text'], { default: 'binary', doc: 'Type of the messages; text must be UTF-8' }),
  timeout: duration({
    unit: 's',
    default: 10_000,
    min: 1,
    max: 3_600_000,
    doc: 'How long the handshake, and the receiver to take a message, may last',
  }),
  headers: map(string({ secret: true }), { default: {}, doc: 'Headers of the handshake' }),
  subprotocols: list(string(), { default: [], doc: 'Subprotocols to offer, the preferred one first' }),
  tls: object(
    {
      ca: optional(string({ minLength: 1, doc: 'Path of certificates to trust instead of the known ones, PEM' })),
      rejectUnauthorized: boolean({ default: true, doc: 'Refuse servers whose certificate is not trusted' }),
    },
    { default: {}, doc: 'Of wss' },
  ),
})

/** The decoded attributes. */
export type WebSocketAttributes = Static<typeof attributes>
