import { type Static, schema } from '@pelton/core'

const { boolean, choice, duration, integer, list, map, object, optional, any, size, string } = schema

/** Cross-origin requests; names and defaults are nuclio's. */
export const cors = object(
  {
    enabled: boolean({ default: false, doc: 'Answer preflight requests and add the CORS headers' }),
    allowOrigins: list(string(), { default: ['*'], doc: 'Origins, matched whole and in any letter case; * is any' }),
    allowMethods: list(string(), {
      default: ['HEAD', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'],
      doc: 'Methods that a preflight may ask for; * is any',
    }),
    allowHeaders: list(string(), {
      default: ['Accept', 'Content-Length', 'Content-Type', 'Authorization', 'X-Nuclio-Log-Level'],
      doc: 'Request headers that a preflight may ask for; * is any',
    }),
    allowCredentials: boolean({ default: false, doc: 'Let browsers send cookies and authorization' }),
    exposeHeaders: list(string(), { default: [], doc: 'Answer headers that scripts may read' }),
    preflightMaxAgeSeconds: integer({ default: 5, doc: 'How long browsers keep the answer to a preflight' }),
  },
  { default: {}, doc: 'Cross-origin requests from browsers' },
)

/** Attributes of the http trigger. */
export const attributes = object({
  port: optional(
    integer({ min: 0, max: 65_535, doc: 'Port to listen on, when url names none; 0 takes a free one. Default 8080' }),
  ),
  readBufferSize: size({
    default: 16_384,
    min: 1_024,
    max: 16 << 20,
    doc: 'Most bytes of request line and headers; more is a 431',
  }),
  maxRequestBodySize: size({
    default: 4 << 20,
    min: 0,
    max: 2 ** 31 - 1,
    doc: 'Most bytes of a body; more is a 413 (400 in nuclio files)',
  }),
  cors,
  tls: optional(
    object(
      {
        cert: string({ minLength: 1, doc: 'Path of the certificate chain, PEM' }),
        key: string({ minLength: 1, doc: 'Path of its private key, PEM' }),
      },
      { doc: 'Serve HTTPS' },
    ),
  ),
  headerTimeout: duration({
    unit: 's',
    default: 15_000,
    min: 1,
    doc: 'A client that has not sent its headers by then is answered 408',
  }),
  requestTimeout: duration({
    unit: 's',
    default: 300_000,
    min: 0,
    doc: 'A client that has not sent its whole request by then is answered 408; 0 waits for ever',
  }),
  idleTimeout: duration({
    unit: 's',
    default: 75_000,
    min: 1,
    doc: 'An idle connection, or one whose client takes no answer, is closed after it',
  }),
  reduceMemoryUsage: optional(boolean({ ignored: true, doc: 'Of nuclio: trades memory for CPU time' })),
  disablePortPublishing: optional(
    boolean({ ignored: true, doc: 'Of nuclio: does not publish the port of a container' }),
  ),
  ingresses: optional(map(any(), { ignored: true, doc: 'Of nuclio: ingresses on Kubernetes' })),
  serviceType: optional(string({ ignored: true, doc: 'Of nuclio: type of the Kubernetes service' })),
  mode: optional(choice(['sync', 'async'], { ignored: true, doc: 'Of nuclio' })),
})

/** The decoded attributes. */
export type HttpAttributes = Static<typeof attributes>

/** The decoded CORS block. */
export type CorsConfig = Static<typeof cors>
