import { type Static, configuredEvent, schema } from '@pelton/core'

/** Attributes of the kickstart trigger. */
export const attributes = schema.object({ event: configuredEvent })

/** The decoded attributes. */
export type KickstartAttributes = Static<typeof attributes>
