import type { Readiness } from './admin/readiness.ts'
import { maskSecrets } from './admin/masked-settings.ts'
import type { SideReports, SideServers } from './admin/side-servers.ts'
import type { PlatformConfig } from './config/function-config.ts'
import { type Scrape, renderMetrics } from './metrics/prometheus.ts'
import type { RunningTrigger } from './placement/running-trigger.ts'
import type { FunctionPlan } from './plan-function.ts'
import type { ProcessorStatus, TriggerStatus } from './processor.ts'

type Triggers = ReadonlyMap<string, RunningTrigger>

/** What runs and where, for the start screen. */
export function statusOf(
  plan: FunctionPlan,
  state: ProcessorStatus['state'],
  triggers: Triggers,
  sides: SideServers,
): ProcessorStatus {
  const moved = (what: string, server: { movedFrom?: number; url: string } | undefined): string[] =>
    server?.movedFrom === undefined ? [] : [`${what}: port ${server.movedFrom} is taken, it is at ${server.url}`]
  return {
    name: plan.config.name,
    runtime: plan.config.runtime,
    state,
    triggers: [...triggers.values()].map(triggerStatus),
    ...(sides.admin ? { admin: sides.admin.url } : {}),
    ...(sides.health ? { health: sides.health.url } : {}),
    metrics: [sides.admin, ...sides.pulls].flatMap((server) => (server ? [`${server.url}/metrics`] : [])),
    notes: [
      ...[...triggers.values()].flatMap(({ placed }) => placed.notes),
      ...moved('admin', sides.admin),
      ...moved('health', sides.health),
    ],
  }
}

function triggerStatus({ plan, placed }: RunningTrigger): TriggerStatus {
  const { name, kind } = plan.config.settings
  return {
    name,
    kind,
    placement: placed.placement,
    placementReason: plan.placement.reason,
    numWorkers: plan.pool.numWorkers,
    concurrency: placed.pool.concurrency,
    ...placed.state,
  }
}

/** What the side listeners answer. */
export function reportsOf(
  triggers: Triggers,
  sources: { readiness: () => Readiness; scrape: () => Scrape },
): SideReports {
  return {
    readiness: sources.readiness,
    metrics: () => renderMetrics(sources.scrape()),
    triggers: () =>
      Object.fromEntries(
        [...triggers].map(([name, running]) => {
          const { manifest: _, settings, ...common } = running.plan.config
          return [name, { ...(maskSecrets({ ...common, ...settings }) as object), status: triggerStatus(running) }]
        }),
      ),
    triggerStats: (name) => {
      const sum = triggers.get(name)?.placed.metrics.sum()
      if (!sum) return undefined
      return {
        eventsHandledSuccessTotal: sum.get('handledSuccess'),
        eventsHandledFailureTotal: sum.get('handledFailure'),
        workerAllocations: sum.get('allocations'),
        workerAllocationTimeouts: sum.get('allocationTimeouts'),
        eventTimeouts: sum.get('eventTimeouts'),
        durationMillisecondsSum: sum.get('durationMsSum'),
        durationMillisecondsCount: sum.get('durationCount'),
      }
    },
  }
}

/** The facts of one scrape. */
export function scrapeOf(
  { config }: FunctionPlan,
  platform: PlatformConfig,
  triggers: Triggers,
  startedAt: number,
): Scrape {
  const { user, system } = process.cpuUsage()
  const running = [...triggers.values()]
  const pools = new Set(running.map(({ placed }) => placed.pool))
  return {
    instance: instanceName(platform.instanceName, config.namespace, config.name),
    namespace: config.namespace,
    functionName: config.name,
    project: config.labels['nuclio.io/project-name'] ?? '',
    triggers: running.map(({ plan, placed }) => ({
      kind: plan.config.settings.kind,
      name: plan.config.settings.name,
      metrics: placed.metrics,
      waiting: placed.waiting,
      inFlight: placed.inFlight,
    })),
    pools: [...pools].map((pool) => ({ name: pool.parts.name, ready: pool.readyWorkers, restarts: pool.restarts })),
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startedAt: startedAt / 1000,
  }
}

/** nuclio's template knows `{{.Namespace}}` and `{{.Name}}`; without one the environment's name, else both. */
function instanceName(template: string | undefined, namespace: string, name: string): string {
  const fallback = process.env['NUCLIO_FUNCTION_INSTANCE'] ?? `${namespace}-${name}`
  return (template ?? fallback).replaceAll('{{.Namespace}}', namespace).replaceAll('{{.Name}}', name)
}
