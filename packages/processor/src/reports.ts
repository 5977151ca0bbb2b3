import type { Readiness } from './admin/readiness.ts'
import { maskSecrets } from './admin/masked-settings.ts'
import type { SideReports, SideServers } from './admin/side-servers.ts'
import type { PlatformConfig, TriggerConfig } from './config/function-config.ts'
import { type Scrape, renderMetrics } from './metrics/prometheus.ts'
import type { RunningTrigger } from './placement/running-trigger.ts'
import type { ModelPools } from './models/model-pools.ts'
import type { FunctionPlan } from './plan-function.ts'
import type { ProcessorStatus, SinkStatus, TriggerStatus } from './processor.ts'
import type { SinkReport } from './sinks/sink-counts.ts'

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
  const { settings, manifest } = plan.config
  const { name, kind } = settings
  const [url] = placed.state.urls
  const tryIt = url === undefined ? undefined : manifest.manifest.tryIt?.(url, settings)
  return {
    name,
    kind,
    placement: placed.placement,
    placementReason: plan.placement.reason,
    numWorkers: plan.pool.numWorkers,
    concurrency: placed.pool.concurrency,
    ...placed.state,
    ...(tryIt === undefined ? {} : { tryIt }),
    sinks: (placed.sinks ?? []).map(sinkStatus),
  }
}

function sinkStatus({ name, kind, open, why, url }: SinkReport): SinkStatus {
  return { name, kind, open, ...(why === undefined ? {} : { why }), ...(url === undefined ? {} : { url }) }
}

/** A trigger's configuration as `/triggers` shows it. */
function shownConfig({ manifest, settings, sinks, ...common }: TriggerConfig): object {
  const shownSinks = sinks.map((sink) => ({
    ...sink.settings,
    attributes: maskSecrets(sink.settings.attributes, sink.manifest.manifest.attributes),
    rules: sink.rules,
  }))
  const attributes = maskSecrets(settings.attributes, manifest.manifest.attributes)
  return { ...(maskSecrets({ ...common, ...settings }) as object), attributes, sinks: shownSinks }
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
        [...triggers].map(([name, running]) => [
          name,
          { ...shownConfig(running.plan.config), status: triggerStatus(running) },
        ]),
      ),
    triggerStats: (name) => {
      const placed = triggers.get(name)?.placed
      if (!placed) return undefined
      const sum = placed.metrics.sum()
      return {
        eventsHandledSuccessTotal: sum.get('handledSuccess'),
        eventsHandledFailureTotal: sum.get('handledFailure'),
        workerAllocations: sum.get('allocations'),
        workerAllocationTimeouts: sum.get('allocationTimeouts'),
        eventTimeouts: sum.get('eventTimeouts'),
        durationMillisecondsSum: sum.get('durationMsSum'),
        durationMillisecondsCount: sum.get('durationCount'),
        sinks: Object.fromEntries(
          (placed.sinks ?? []).map(({ name: sink, queued, counts }) => [sink, { queued, ...counts }]),
        ),
      }
    },
  }
}

/** What runs. */
export interface Running {
  triggers: Triggers
  models: ModelPools | undefined
}

/** The facts of one scrape. */
export function scrapeOf(
  { config }: FunctionPlan,
  platform: PlatformConfig,
  { triggers, models }: Running,
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
    triggers: running
      .map(({ plan, placed }) => ({
        kind: plan.config.settings.kind,
        name: plan.config.settings.name,
        metrics: placed.metrics,
        waiting: placed.waiting,
        inFlight: placed.inFlight,
        sinks: placed.sinks ?? [],
        series: placed.series ?? [],
      }))
      .concat(models?.labelled ?? []),
    pools: [...pools, ...(models?.pools ?? [])].map((pool) => ({
      name: pool.parts.name,
      ready: pool.readyWorkers,
      restarts: pool.restarts,
    })),
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
