import type { PeltonLogger } from '@pelton/core'
import type { ProcessorStatus } from '@pelton/processor'
import type { StartFacts } from './start-screen.ts'

/** The start screen as log records, for machines: `function_started`, then one `trigger_started` each. */
export function logStart(status: ProcessorStatus, facts: StartFacts, logger: PeltonLogger): void {
  for (const trigger of status.triggers) {
    logger.info('trigger_started', {
      name: trigger.name,
      kind: trigger.kind,
      urls: trigger.urls,
      ready: trigger.ready,
      ...(trigger.why === undefined ? {} : { why: trigger.why }),
      num_workers: trigger.numWorkers,
      concurrency: trigger.concurrency,
      placement: trigger.placement,
      placement_reason: trigger.placementReason,
      ...(trigger.sinks.length === 0 ? {} : { sinks: trigger.sinks }),
    })
  }
  for (const note of status.notes) logger.warn('start_note', { note })
  logger.info('function_started', {
    function: status.name,
    runtime: status.runtime,
    state: status.state,
    version: facts.version,
    took_ms: Math.round(facts.tookMs),
    admin: status.admin,
    health: status.health,
    metrics: status.metrics,
    ...(facts.inspect === undefined ? {} : { inspect: facts.inspect }),
  })
}
