import type { Bytes, Outcome, PeltonError } from '@pelton/core'
import { type Coding, decodeBody, encodeBody } from './content-coding.ts'
import { type Decision, decide } from './decision.ts'
import type { Direction } from './direction.ts'
import { PartEvent, type Phase } from './part-event.ts'
import type { Failure } from './replies.ts'

/** One call of the handler. */
export interface TurnContent {
  direction: Direction
  phase: Phase
  /** As it came. */
  body: Buffer
  /** The body is all that there is, and not a piece. */
  isWhole: boolean
  endOfStream: boolean
  /** How the body is coded, where the handler is to be given it plain. */
  codings: readonly Coding[]
  /** The body may be the first part of a longer one: then it need not be complete. */
  mayBePartial: boolean
  /** Whether the headers can still say that a new body has no coding. */
  headersAreOpen: boolean
}

/** What became of it. */
export type Verdict = Decided | Failed

interface Failed {
  kind: 'failed'
  failure: Failure
}

interface Decided {
  kind: 'decided'
  decision: Decision
  /** The new body as it goes out; undefined when it stays. */
  body: Uint8Array | undefined
  /** It goes out plain where the old one was coded. */
  losesCoding: boolean
}

/** What a turn is given. */
export interface TurnParts {
  trigger: { kind: string; name: string }
  maxBodyBytes: number
  dispatch(event: PartEvent): Promise<Outcome>
  /** Told how long the handler took, waiting for a worker included. */
  took(ms: number): void
  /** Told of a body that cannot be decompressed: no event is made of it. */
  refused(failure: Failure): void
}

type Reason = Omit<Failure, 'eventId'>

/** What the client is told when there is no time left. */
export const overdue: Reason = { status: 504, text: 'the event took too long', details: 'pelton_phase_timeout' }
/** What the client is told of a body that is over the limit. */
export const tooLarge: Reason = { status: 413, text: 'the body is too large', details: 'pelton_body_too_large' }
const malformed: Reason = {
  status: 400,
  text: 'the body cannot be decompressed',
  details: 'pelton_body_malformed',
}
/** What the client is told of a handler that failed. */
export const unhandled: Reason = { status: 500, text: 'the event could not be handled', details: 'pelton_event_failed' }

/** A failure; of an event that was never made it names one all the same, which the log has, too. */
export function failed(reason: Reason, eventId: string = crypto.randomUUID()): Failed {
  return { kind: 'failed', failure: { ...reason, eventId } }
}

/** Gives a message to the handler, decompressed, and reads what it decided; a new body is compressed as the old one was. */
export async function runTurn(content: TurnContent, parts: TurnParts): Promise<Verdict> {
  const plain =
    content.codings.length > 0 && content.body.byteLength > 0 ? await inflate(content, parts) : asItCame(content)
  if ('failure' in plain) return plain
  const { direction, phase, endOfStream } = content
  const event = new PartEvent(parts.trigger, direction, { phase, body: plain.body, endOfStream })
  if (phase === 2 && content.isWhole) direction.keepBody(plain.body)
  const since = performance.now()
  const outcome = await parts.dispatch(event)
  parts.took(performance.now() - since)
  if (outcome.status === 'failed') return failed(reasonOf(outcome.error), event.id)
  const { response } = outcome
  const given = response.body
  const body = given === undefined || given instanceof Uint8Array ? given : await gather(given, parts.maxBodyBytes)
  if (typeof body === 'string') return failed({ ...unhandled, text: body }, event.id)
  const decision = decide(response, body)
  if (decision.kind === 'answer' || decision.body === undefined) return { kind: 'decided', decision, ...noBody }
  return plain.codings.length === 0
    ? { kind: 'decided', decision, body: decision.body, losesCoding: false }
    : { kind: 'decided', decision, ...(await deflate(decision, decision.body, plain.codings, content.headersAreOpen)) }
}

const noBody = { body: undefined, losesCoding: false }

interface PlainBody {
  body: Buffer
  codings: readonly Coding[]
}

function asItCame({ body, codings }: TurnContent): PlainBody {
  return { body, codings }
}

async function inflate(content: TurnContent, { maxBodyBytes, refused }: TurnParts): Promise<PlainBody | Failed> {
  const { body, codings, mayBePartial } = content
  const inflated = await decodeBody(body, codings, maxBodyBytes)
  if ('body' in inflated) return { body: inflated.body, codings }
  if (mayBePartial && inflated.failure === 'malformed') return { body, codings: [] }
  const verdict = failed(inflated.failure === 'too_large' ? tooLarge : malformed)
  refused(verdict.failure)
  return verdict
}

/** A body that was emptied has no coding, and neither has one whose header the handler writes or removes itself. */
async function deflate(
  { set, remove }: { set: readonly { name: string }[]; remove: readonly string[] },
  body: Uint8Array,
  codings: readonly Coding[],
  headersAreOpen: boolean,
): Promise<{ body: Uint8Array; losesCoding: boolean }> {
  const isNamed = set.some(({ name }) => name === 'content-encoding')
  if (headersAreOpen && (isNamed || body.byteLength === 0 || remove.includes('content-encoding'))) {
    return { body, losesCoding: !isNamed }
  }
  return { body: await encodeBody(body, codings), losesCoding: false }
}

function reasonOf({ code, message, status }: PeltonError): Reason {
  // Its message is made for callers: generic, or the handler's own text where `exposeErrors` is set.
  if (code === 'handler_failed') return { ...unhandled, text: message, details: 'pelton_handler_failed' }
  if (status === 503) return { status, text: 'no worker is free', details: 'pelton_no_worker' }
  return status === 408 ? overdue : unhandled
}

/** A stream's whole body, for an answer to the proxy is one message; or why there is none. */
async function gather(stream: AsyncIterable<Bytes>, maxBytes: number): Promise<Buffer | string> {
  const pieces: Bytes[] = []
  let bytes = 0
  try {
    for await (const piece of stream) {
      bytes += piece.byteLength
      if (bytes > maxBytes) return 'the new body is too large'
      pieces.push(piece)
    }
  } catch {
    // The worker has logged why.
    return unhandled.text
  }
  return Buffer.concat(pieces)
}
