import { type Static, schema } from '@pelton/core'

/** Longest time that a timer of Node.js can wait. */
export const maxTimerMs = 2_147_483_647

/** Most events that one batch may hold. */
const maxBatchSize = 10_000

const { any, boolean, choice, duration, integer, list, map, object, optional, string } = schema

const batchSchema = object(
  {
    mode: choice(['enable', 'disable'], { default: 'disable', doc: 'Whether events are gathered' }),
    batchSize: integer({
      default: 10,
      min: 1,
      max: maxBatchSize,
      doc: 'Most events of a batch: a full one leaves at once',
    }),
    timeout: duration({
      unit: 's',
      default: 1000,
      max: maxTimerMs,
      doc: 'How long the first event of a batch waits for more',
    }),
  },
  {
    default: {},
    doc: 'Hands the handler several events in one call; one batch counts as one event of `concurrency`',
  },
)

/** Schema of one entry of `spec.triggers`; the kind's own schema reads `attributes`. Nuclio's numbers of workers may be 0 for unset. */
export function triggerSchema(isNuclio: boolean) {
  const workers = { min: isNuclio ? 0 : 1, max: 100_000 }
  const text = { acceptsScalars: isNuclio }
  return object({
    kind: string({ minLength: 1, doc: 'Kind of the trigger' }),
    name: optional(string({ ...text, doc: 'The same as the key of the trigger' })),
    class: optional(choice(['sync', 'async', 'batch'], { ignored: true })),
    disabled: boolean({ default: false, doc: 'Leaves the trigger out' }),
    numWorkers: optional(integer({ ...workers, doc: 'Workers that serve the trigger; 1 when absent' })),
    maxWorkers: optional(integer({ ...workers, doc: 'Older name of `numWorkers`' })),
    concurrency: optional(
      integer({
        min: 1,
        max: 100_000,
        doc: "Events at a time in one worker; 1 in nuclio files, otherwise the runtime's or the kind's default",
      }),
    ),
    workerAvailabilityTimeoutMilliseconds: integer({
      default: 10_000,
      max: maxTimerMs,
      doc: 'How long an event waits for a worker; 0 does not wait, a negative number is the default',
    }),
    workerTerminationTimeout: duration({
      unit: 's',
      default: 10_000,
      max: maxTimerMs,
      doc: 'How long a worker may take to finish, or to be stuck, before it is ended by force',
    }),
    workerAllocatorName: optional(
      string({
        ...text,
        doc: 'Triggers with the same name share one pool of workers: so many as the first says, with the `concurrency` of the first that has one, else the least default among them',
      }),
    ),
    placement: choice(['auto', 'dispatched', 'worker'], { default: 'auto', doc: 'Where the trigger runs' }),
    requiredForReady: boolean({ default: true, doc: 'Whether `/ready` waits for the trigger' }),
    url: optional(string({ ...text, doc: 'Address to listen on or to connect to' })),
    username: optional(string({ ...text, doc: 'User at the source' })),
    password: optional(string({ ...text, secret: true, doc: 'Password at the source' })),
    secret: optional(string({ ...text, secret: true, doc: 'Credential at the source' })),
    attributes: map(any(), { default: {}, doc: 'What the kind needs; see its page' }),
    batch: batchSchema,
    explicitAckMode: choice(['enable', 'disable', 'explicitOnly'], {
      default: 'disable',
      doc: 'Only `disable` in this version',
    }),
    waitExplicitAckDuringRebalanceTimeout: optional(duration({ unit: 'ms', ignored: true })),
    paths: optional(list(string(text), { ignored: true })),
    partitions: optional(list(any(), { ignored: true })),
    annotations: optional(map(string(text), { ignored: true })),
    total_tasks: optional(integer({ ignored: true })),
    max_task_allocation: optional(integer({ ignored: true })),
  })
}

/** One entry of `spec.triggers`, decoded. */
export type TriggerEntry = Static<ReturnType<typeof triggerSchema>>
