import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { EventData, Outcome, PeltonLogger } from '@pelton/core'
import { PeltonError, systemClock } from '@pelton/core'
import { heldBytes } from '../dispatch/given-event.ts'
import type { EventTracer } from './event-tracer.ts'
import { parseTraceparent } from './traceparent.ts'

/** How long the end of the processor waits for a collector. */
const shutdownMs = 1000

/** Names the function in every span. */
export interface TracedFunction {
  name: string
  namespace: string
  version: string
}

/**
 * Sends spans in batches to `OTEL_EXPORTER_OTLP_ENDPOINT` as OTLP over HTTP. The exporter reads its other
 * `OTEL_EXPORTER_OTLP_*` variables itself; a collector that is down costs spans, never events.
 */
export function createOtlpTracer(traced: TracedFunction, logger: PeltonLogger): EventTracer {
  const exporter = new OTLPTraceExporter({ timeoutMillis: 5000 })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': process.env['OTEL_SERVICE_NAME'] ?? traced.name,
      'service.namespace': traced.namespace,
      'service.version': traced.version,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 2048, exportTimeoutMillis: 5000 })],
  })
  const tracer = provider.getTracer('pelton')
  return {
    begin(event) {
      const parent = parseTraceparent(event.headers['traceparent'])
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT
      const span = tracer.startSpan(
        `${event.trigger.kind} ${event.trigger.name}`,
        { kind: SpanKind.SERVER, attributes: attributesOf(event, traced) },
        context,
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      const sampled = (traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'
      return { traceparent: `00-${traceId}-${spanId}-${sampled}`, end: (outcome) => endSpan(span, outcome) }
    },
    async shutdown() {
      const sent = provider.shutdown().catch((error: unknown) => {
        logger.warn('spans_lost', { reason: error instanceof Error ? error.message : String(error) })
      })
      const waiting = new AbortController()
      await Promise.race([sent, systemClock.sleep(shutdownMs, waiting.signal)])
      waiting.abort()
    },
  }
}

function attributesOf(event: EventData, traced: TracedFunction): Record<string, string | number> {
  return {
    'faas.name': traced.name,
    'faas.invocation_id': event.id,
    'faas.trigger': event.trigger.kind === 'http' ? 'http' : 'other',
    'pelton.trigger.kind': event.trigger.kind,
    'pelton.trigger.name': event.trigger.name,
    ...(event.method === '' ? {} : { 'http.request.method': event.method }),
    ...(event.path === '' ? {} : { 'url.path': event.path }),
    'pelton.event.size': heldBytes(event),
  }
}

function endSpan(span: Span, outcome: Outcome): void {
  if (outcome.status === 'failed') {
    const { error } = outcome
    span.setAttribute('error.type', error instanceof PeltonError ? error.code : 'unknown')
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  } else {
    span.setAttribute('http.response.status_code', outcome.response.status)
    if (outcome.response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
