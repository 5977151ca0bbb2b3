import { type ObjectSchema, type Schema, boolean, choice, duration, integer, object, size } from './schema/schema.ts'

/** How a processor feeds one sink. */
export interface SinkRules {
  /** Most answers that wait for the sink, and */
  queueSize: number
  /** most bytes of their bodies. */
  maxQueueBytes: number
  /** Which answer goes when there is no room; `block`: the trigger waits. */
  drop: 'oldest' | 'newest' | 'block'
  /** Answers of 400 and above, and failures, go to the sink too. */
  includeErrors: boolean
  /** How long an answer is waited for that is due before others, in milliseconds. */
  reorderMs: number
}

/** Longest time that an answer may be waited for, in milliseconds. */
const mostReorderMs = 60_000

/** The attributes that every sink has beside its own. */
const commonFields = {
  queue_size: integer({ default: 64, min: 1, max: 1_000_000, doc: 'Most answers that wait for the sink' }),
  queue_bytes: size({
    default: 64 * 1024 * 1024,
    min: 1,
    doc: 'Most bytes of the answers that wait for the sink; a larger answer is dropped',
  }),
  drop: choice(['oldest', 'newest', 'block'], {
    default: 'oldest',
    doc: 'Which answer is dropped when no more may wait; `block`: the trigger waits for room, at most 10s',
  }),
  include_errors: boolean({
    default: false,
    doc: 'Whether answers of 400 and above, and failures, go to the sink too',
  }),
  reorder_ms: duration({
    unit: 'ms',
    default: 2000,
    max: mostReorderMs,
    doc: 'How long an answer is waited for whose event came before others, where the trigger has an order',
  }),
}

const commonSchema = object(commonFields)

/** A sink's own attributes and those of all sinks, as they stand together in a file. */
export function withSinkRules(own: Schema<unknown>): ObjectSchema<Record<string, unknown>> {
  if (own.kind !== 'object') throw new TypeError('The attributes of a sink are keys')
  const fields = { ...own.fields, ...commonFields }
  return { ...own, fields } as ObjectSchema<Record<string, unknown>>
}

/** Takes decoded attributes apart into the sink's own and the rules by which it is fed. */
export function splitSinkRules(decoded: Readonly<Record<string, unknown>>): {
  attributes: Record<string, unknown>
  rules: SinkRules
} {
  const { queue_size, queue_bytes, drop, include_errors, reorder_ms, ...attributes } = decoded as NonNullable<
    (typeof commonSchema)['$type']
  >
  const rules: SinkRules = {
    queueSize: queue_size,
    maxQueueBytes: queue_bytes,
    drop,
    includeErrors: include_errors,
    reorderMs: reorder_ms,
  }
  return { attributes, rules }
}
