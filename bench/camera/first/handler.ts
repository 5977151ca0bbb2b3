import type { Context, Event } from '@pelton/sdk'

let isFirst = true

/** Says when the first picture came, by the clock that all processes of the machine share. */
export function handler(context: Context, event: Event): void {
  if (!isFirst) return
  isFirst = false
  context.logger.info('first_picture', { atNs: String(process.hrtime.bigint()), bytes: event.body.length })
}
