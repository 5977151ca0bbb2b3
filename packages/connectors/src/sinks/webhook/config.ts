import { type Static, schema } from '@pelton/core'

const { boolean, duration, integer, map, object, optional, string } = schema

const hourMs = 3_600_000

/** Attributes of the webhook sink; the first six names and the units are DigitalHub's. */
export const attributes = object({
  url: string({
    minLength: 1,
    doc: 'Where answers are sent, http or https; credentials in it become basic authorization',
  }),
  method: string({ default: 'POST', minLength: 1, doc: 'Method of the requests' }),
  headers: map(string({ secret: true }), {
    default: {},
    doc: "Headers of each request; they win over the sink's own, and over the content type of the handler",
  }),
  timeout: duration({
    unit: 's',
    default: 10_000,
    min: 1,
    max: hourMs,
    doc: 'How long one attempt may take, from the connection to the end of the answer',
  }),
  maxRetries: integer({ default: 3, min: 0, max: 100, doc: 'Further attempts after the first one failed' }),
  retryDelay: duration({
    unit: 's',
    default: 1000,
    min: 1,
    max: hourMs,
    doc: 'Wait before the first further attempt; each next one waits twice as long, with jitter, at most 30s',
  }),
  concurrency: integer({
    default: 1,
    min: 1,
    max: 64,
    doc: 'Requests under way at a time; more than one gives up the order',
  }),
  signing_secret: optional(
    string({
      minLength: 1,
      secret: true,
      doc: 'Key of the signature in X-Signature: HMAC-SHA256 of the time, a full stop and the body',
    }),
  ),
  dead_letter_file: optional(
    string({
      minLength: 1,
      doc: "File that keeps, one JSON line each, the answers that were given up; relative to the function's folder",
    }),
  ),
  tls: object(
    {
      ca: optional(string({ minLength: 1, doc: 'Path of certificates to trust instead of the known ones, PEM' })),
      rejectUnauthorized: boolean({ default: true, doc: 'Refuse servers whose certificate is not trusted' }),
    },
    { default: {}, doc: 'Of https' },
  ),
})

/** The decoded attributes. */
export type WebhookAttributes = Static<typeof attributes>
