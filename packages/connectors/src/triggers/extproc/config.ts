import { type Static, schema } from '@pelton/core'

const { boolean, choice, duration, integer, object, optional, size, string } = schema

const processingOptions = object(
  {
    logStream: boolean({ default: false, doc: 'Log each transaction as it begins and ends' }),
    logPhases: boolean({ default: false, doc: 'Log each message of a transaction, never its body' }),
    updateExtProcHeader: boolean({
      default: false,
      doc: 'Add `x-extproc-names` with the type to the headers of responses',
    }),
    updateDurationHeader: boolean({
      default: false,
      doc: 'Add `x-extproc-duration-ns`, the time that handlers took, to the headers of responses',
    }),
    requestIdHeaderName: string({
      default: 'x-request-id',
      pattern: /^[\w!#$%&'*+.^`|~-]*$/,
      patternWords: 'the name of a header',
      doc: "Header, in any letter case, whose value is the event's requestId; empty for none",
    }),
    requestIdFallback: string({ default: '', doc: 'The requestId of requests without that header' }),
    bufferStreamedBodies: boolean({
      default: true,
      doc: 'A body that comes in chunks is put together for one call of the handler; false calls it for each chunk',
    }),
    perRequestBodyBufferBytes: size({
      default: 1 << 20,
      min: 0,
      max: 128 << 20,
      doc: 'Most bytes of a body, as it came and decompressed; onError says what becomes of more. 0 is the most that there is, 128 MiB',
    }),
    decompressBodies: boolean({
      default: true,
      doc: 'Handlers are given whole bodies without gzip, deflate, br and zstd; what they change is compressed again. Chunks stay as they are',
    }),
  },
  { default: {}, doc: 'How transactions are read, and what of them is told' },
)

/** Attributes of the extproc trigger. */
export const attributes = object({
  type: choice(['preprocessor', 'postprocessor', 'wrapprocessor', 'observeprocessor'], {
    doc: 'What the handler sees: requests, responses, both, or both without holding them up',
  }),
  port: integer({ min: 0, max: 65_535, doc: 'Port of the gRPC server; 0 takes a free one' }),
  gracefulShutdownTimeout: duration({
    unit: 's',
    default: 15_000,
    min: 0,
    doc: 'Time that open transactions have to end when the processor stops; 0 is the default',
  }),
  maxConcurrentStreams: integer({
    default: 100,
    min: 0,
    max: 2 ** 31 - 1,
    doc: 'Most transactions at a time on one connection of the proxy; 0 is the default',
  }),
  processingOptions,
  onError: optional(
    choice(['immediate', 'passthrough'], {
      doc: 'What becomes of a message that could not be handled: the client is answered with an error, or it goes on as it came. Default immediate, with compat: digitalhub passthrough',
    }),
  ),
  phaseTimeoutMs: optional(
    duration({
      unit: 'ms',
      min: 1,
      max: 3_600_000,
      doc: 'Time from a message of the proxy to the answer, then onError counts; less than the message_timeout of the proxy. Default 1s, with onError: passthrough 150ms',
    }),
  ),
  tls: optional(
    object(
      {
        cert: string({ minLength: 1, doc: 'Path of the certificate chain, PEM' }),
        key: string({ minLength: 1, doc: 'Path of its private key, PEM' }),
        ca: optional(
          string({ minLength: 1, doc: 'Path of the authorities, PEM, one of which must have signed for the client' }),
        ),
      },
      { doc: 'Serve gRPC over TLS' },
    ),
  ),
})

/** The decoded attributes. */
export type ExtProcAttributes = Static<typeof attributes>
