import { type Static, schema } from '@pelton/core'

const { boolean, choice, duration, integer, list, object, optional, size, string } = schema

/** What may be as large as a buffer can be. */
const largest = 2 ** 31 - 1

/** Attributes of the websocket trigger. */
export const attributes = object({
  port: optional(
    integer({ min: 0, max: 65_535, doc: 'Port to listen on; 0 takes a free one. It or websocket_addr is required' }),
  ),
  websocket_addr: optional(string({ doc: 'Address to listen on: `:9001`, `127.0.0.1:9001`. It or port is required' })),
  path: string({
    default: '/ws',
    pattern: /^(?:\*|\/[^\s?#]*)$/,
    patternWords: '* or a path such as /ws, without spaces, ? and #',
    doc: 'Path of the connections, * for any; /ws also answers at /',
  }),
  mode: optional(
    choice(['discrete', 'stream', 'message'], {
      doc: 'What is an event: the last message of an interval, a window of the stream, or each message. Default message, in nuclio files as is_stream says',
    }),
  ),
  is_stream: optional(boolean({ doc: 'Chooses between the modes stream and discrete' })),
  processing_interval: duration({
    unit: 'ms',
    default: 2000,
    min: 0,
    doc: 'Time between two events of a connection, in the modes discrete and stream',
  }),
  chunk_bytes: size({
    default: 160_000,
    min: 1,
    max: largest,
    doc: 'Mode stream: bytes join the window in chunks of this length',
  }),
  max_bytes: size({ default: 1_440_000, min: 1, max: largest, doc: 'Mode stream: most bytes of the window' }),
  trim_bytes: size({
    default: 1_120_000,
    min: 1,
    max: largest,
    doc: 'Mode stream: what is dropped from the front of a window that is longer than max_bytes',
  }),
  shared: optional(
    boolean({
      doc: 'All connections have one state, and replies go to the newest one. Default false, with compat: digitalhub true',
    }),
  ),
  max_connections: optional(
    integer({
      min: 1,
      max: 1_000_000,
      doc: 'Most connections at a time; more are answered 503. Default 10,000, in nuclio files numWorkers',
    }),
  ),
  max_message_bytes: size({
    default: 16 << 20,
    min: 1,
    max: largest,
    doc: 'Most bytes of a message, in all its fragments; more closes the connection with 1009',
  }),
  max_backlog_bytes: size({
    default: 16 << 20,
    min: 1,
    max: largest,
    doc: 'Of one connection: with more that is unhandled or unsent, nothing is read and pushes are refused',
  }),
  idle_timeout: duration({
    unit: 's',
    default: 0,
    min: 0,
    doc: 'A connection without any message for so long is closed; 0 never',
  }),
  ping_interval: duration({
    unit: 's',
    default: 30_000,
    min: 0,
    doc: 'A silent client is pinged so often, and cut when it answers nothing; 0 never',
  }),
  connection_events: boolean({ default: false, doc: 'Connecting and disconnecting are events, too' }),
  origins: optional(
    list(
      string({
        pattern: /^(?:\*|[a-z][a-z\d+.-]*:\/\/[^\s/]+)$/i,
        patternWords: '* or an origin such as https://app.example',
      }),
      {
        doc: 'Origins of pages that may connect: `https://app.example`, `https://*.example`, *; others are answered 403. Default any',
      },
    ),
  ),
  subprotocols: list(string({ pattern: /^[\w!#$%&'*+.^`|~-]+$/, patternWords: 'a name without spaces and commas' }), {
    default: [],
    doc: 'Subprotocols that a client may ask for; the first of its own that is here is used',
  }),
  compression: boolean({ default: false, doc: 'Compress messages of clients that offer it (permessage-deflate)' }),
  report_errors: boolean({ default: false, doc: 'Tell the client of an event that failed, by a text with its id' }),
  tls: optional(
    object(
      {
        cert: string({ minLength: 1, doc: 'Path of the certificate chain, PEM' }),
        key: string({ minLength: 1, doc: 'Path of its private key, PEM' }),
      },
      { doc: 'Serve wss' },
    ),
  ),
})

/** The decoded attributes. */
export type WebSocketAttributes = Static<typeof attributes>
