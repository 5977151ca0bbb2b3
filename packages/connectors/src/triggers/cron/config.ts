import { type Static, configuredEvent, schema } from '@pelton/core'

const { choice, duration, integer, object, optional, string } = schema

/** Attributes of the cron trigger. What their values mean together is looked at by `checkAttributes`. */
export const attributes = object({
  interval: optional(duration({ unit: 's', min: 1, doc: 'Time from one run to the next: `250ms`, `30s`, `1h30m`' })),
  schedule: optional(
    string({
      doc: 'When to run: 5 fields, 6 with seconds first, `@daily` and the like, or `@every 1m30s`',
    }),
  ),
  timezone: optional(
    string({ doc: 'Time zone of the schedule, such as `Europe/Rome` or `UTC`. Default that of the machine' }),
  ),
  concurrencyPolicy: choice(['Forbid', 'Allow', 'Replace'], {
    default: 'Forbid',
    doc: 'When a run is due while another one is going: wait for it, run beside it, or take its place',
  }),
  jitter: duration({
    unit: 's',
    default: 0,
    doc: 'Each run is put off by a random part of it, and never beyond the next one',
  }),
  event: configuredEvent,
  jobBackoffLimit: optional(integer({ ignored: true, doc: 'Of nuclio: retries of its jobs on Kubernetes' })),
})

/** The decoded attributes. */
export type CronAttributes = Static<typeof attributes>

/** What to do when a run is due while another one is going. */
export type ConcurrencyPolicy = CronAttributes['concurrencyPolicy']
