import { type Static, schema } from '@pelton/core'

/** `spec.runtimeAttributes` of a shell function. */
export const attributes = schema.object({
  arguments: schema.string({
    default: '',
    acceptsScalars: true,
    doc: 'What the command is called with, split at spaces, never read by a shell; the header `X-Nuclio-Arguments` of an event replaces it',
  }),
  responseHeaders: schema.map(schema.string({ acceptsScalars: true }), {
    default: {},
    doc: 'Headers of every response of the command; `content-type` replaces `text/plain; charset=utf-8`',
  }),
})

/** The decoded attributes. */
export type ShellAttributes = Static<typeof attributes>
