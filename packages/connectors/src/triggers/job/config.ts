import { type Static, configuredEvent, schema } from '@pelton/core'

const { boolean, duration, integer, object, optional, string } = schema

/** Attributes of the job trigger. */
export const attributes = object({
  event: configuredEvent,
  output: string({
    default: '',
    doc: "Where the body of the answer is written: a file, from the function's folder, or `-` for standard output; empty: nowhere",
  }),
  retries: integer({ default: 0, min: 0, doc: 'Attempts after the first one, as long as none succeeds' }),
  retryDelay: duration({
    default: 1000,
    min: 1,
    unit: 's',
    doc: 'Wait before the second attempt, drawn from its upper half; it doubles each time, up to 30 s',
  }),
  deadline: duration({
    default: 0,
    min: 0,
    unit: 's',
    doc: 'Most time for the job with all its attempts; 0: no limit',
  }),
  exitProcess: optional(
    boolean({
      doc: 'Whether the end of the job ends the process; absent: it does when each trigger is a job that has ended',
    }),
  ),
})

/** The decoded attributes. */
export type JobAttributes = Static<typeof attributes>
