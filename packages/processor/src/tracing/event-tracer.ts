import type { DispatchOptions, EventData, Outcome } from '@pelton/core'
import { isStream } from '../dispatch/outcome.ts'

/** Records a span for each event. */
export interface EventTracer {
  /** Begins a span, the child of the event's own `traceparent` when it has a valid one. */
  begin(event: EventData): EventSpan
  /** Sends what is left; resolves within a few seconds. */
  shutdown(): Promise<void>
}

/** One event's span. */
export interface EventSpan {
  /** W3C Trace Context, version 00, of this span: the handler's parent. */
  readonly traceparent: string
  end(outcome: Outcome): void
}

type Source = EventData | (() => EventData | undefined)
type Dispatch = (source: Source, options?: DispatchOptions) => Promise<Outcome>

/** A dispatch that traces: the handler sees the span as its parent in `event.headers.traceparent`. */
export function traceDispatch(tracer: EventTracer, dispatch: Dispatch): Dispatch {
  return async (source, options) => {
    let span: EventSpan | undefined
    const traced = (event: EventData): EventData => {
      span = tracer.begin(event)
      return withTraceparent(event, span.traceparent)
    }
    const given =
      typeof source === 'function'
        ? (): EventData | undefined => {
            const event = source()
            return event && traced(event)
          }
        : traced(source)
    const outcome = await dispatch(given, options)
    const end = (): void => span?.end(outcome)
    if (outcome.status === 'handled' && isStream(outcome.response.body)) outcome.finished.then(end, end)
    else end()
    return outcome
  }
}

/** The same event with another `traceparent`. Members are copied once, since triggers may compute theirs lazily; the body is made when it is asked for. */
function withTraceparent(event: EventData, traceparent: string): EventData {
  const { id, attempt, trigger, timestamp, method, path, url, contentType, fields } = event
  const { shardId, offset, topic, extra, keepsHeaders, keepsBody, bodyPieces } = event
  return {
    id,
    attempt,
    trigger,
    timestamp,
    method,
    path,
    url,
    contentType,
    headers: { ...event.headers, traceparent },
    fields,
    shardId,
    offset,
    topic,
    ...(extra ? { extra } : {}),
    ...(keepsHeaders ? { keepsHeaders } : {}),
    ...(keepsBody ? { keepsBody } : {}),
    ...(bodyPieces ? { bodyPieces } : {}),
    get body() {
      return event.body
    },
  }
}
