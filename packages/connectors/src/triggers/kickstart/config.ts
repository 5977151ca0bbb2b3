import { type Static, schema } from '@pelton/core'

const { map, object, string } = schema

/** Attributes of the kickstart trigger. */
export const attributes = object({
  event: object(
    {
      body: string({ default: '', doc: 'Body of the event' }),
      headers: map(string(), { default: {}, doc: 'Headers of the event' }),
      path: string({ default: '', doc: 'Path of the event' }),
      method: string({ default: '', doc: 'Method of the event' }),
    },
    { default: {}, doc: 'The event that the function is given' },
  ),
})

/** The decoded attributes. */
export type KickstartAttributes = Static<typeof attributes>
