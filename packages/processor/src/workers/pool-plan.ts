import type { FunctionFacts, KindSide, WorkerSpec } from '@pelton/core'
import type { FunctionConfig, TriggerConfig } from '../config/function-config.ts'

/** One pool to be started: who uses it and how its workers are. */
export interface PoolPlan {
  /** Its own among all pools: a shared one may be named like a trigger that has its own. */
  key: string
  name: string
  triggers: TriggerConfig[]
  numWorkers: number
  concurrency: number
  /** It was asked for in the configuration. */
  isConcurrencyConfigured: boolean
  /** The most events of a batch; absent when events are handed out one by one. */
  batchSize?: number
  workerTerminationMs: number
  /** What its workers load: see `WorkerSpec.models`. */
  models?: readonly string[]
  /** The trigger that workers are told about; for a shared pool the kind is empty. */
  trigger: { kind: string; name: string }
}

/** What a processor adds to every worker's spec. */
export interface SpecFacts {
  functions: Record<string, string>
  logLevel: WorkerSpec['logLevel']
  inspect?: string | undefined
  /** What handlers get beside the sides of their triggers' kinds. */
  sides?: readonly KindSide[]
}

/** Events at a time in one worker by default: 1 in files of other systems, else as kind and runtime say. */
function defaultConcurrencyOf(config: FunctionConfig, trigger: TriggerConfig): number {
  const { defaultConcurrency, knowsConcurrency } = config.runtimeManifest.manifest
  if (knowsConcurrency) return defaultConcurrency
  if (config.compat !== 'none') return 1
  return trigger.manifest.manifest.defaultConcurrency ?? defaultConcurrency
}

/** As the first that was configured says; else the least default of those who share the workers, which each of them bears. */
function concurrencyOf(config: FunctionConfig, triggers: readonly TriggerConfig[]): number {
  const configured = triggers.find(({ concurrency }) => concurrency !== undefined)
  return configured?.concurrency ?? Math.min(...triggers.map((trigger) => defaultConcurrencyOf(config, trigger)))
}

/** Groups triggers by `workerAllocatorName`; the first of a name decides how many workers there are. */
export function planPools(config: FunctionConfig, inspected: boolean): PoolPlan[] {
  const pools = new Map<string, [TriggerConfig, ...TriggerConfig[]]>()
  for (const trigger of config.triggers) {
    const { workerAllocatorName: shared, settings } = trigger
    const key = shared === undefined ? `trigger ${settings.name}` : `shared ${shared}`
    const known = pools.get(key)
    if (known) known.push(trigger)
    else pools.set(key, [trigger])
  }
  return [...pools].map(([key, triggers]) => planPool(config, { key, triggers, inspected }))
}

function planPool(
  config: FunctionConfig,
  { key, triggers, inspected }: { key: string; triggers: [TriggerConfig, ...TriggerConfig[]]; inspected: boolean },
): PoolPlan {
  const [first] = triggers
  const { kind, name } = first.settings
  const { workerAllocatorName: shared } = first
  const batchSizes = triggers.flatMap(({ batch }) => batch?.size ?? [])
  return {
    key,
    name: shared ?? name,
    triggers,
    numWorkers: inspected ? 1 : first.numWorkers,
    concurrency: concurrencyOf(config, triggers),
    isConcurrencyConfigured: triggers.some(({ concurrency }) => concurrency !== undefined),
    ...(batchSizes.length > 0 ? { batchSize: Math.max(...batchSizes) } : {}),
    workerTerminationMs: first.workerTerminationMs,
    trigger: shared === undefined ? { kind, name } : { kind: '', name: shared },
  }
}

/** What the worker of this index is told. */
export function workerSpec(
  config: FunctionConfig,
  plan: PoolPlan,
  facts: SpecFacts,
  index: number,
): Omit<WorkerSpec, 'hooks'> {
  const described: FunctionFacts = {
    name: config.name,
    namespace: config.namespace,
    version: config.version,
    description: config.description,
    folder: config.folder,
    handler: config.handler,
    runtime: config.runtime,
    functions: facts.functions,
  }
  return {
    index,
    function: described,
    trigger: plan.trigger,
    ...classOf(plan.triggers),
    compat: config.compat,
    concurrency: plan.concurrency,
    isolation: config.isolation,
    env: config.env,
    attributes: config.runtimeAttributes,
    logLevel: config.logLevel ?? facts.logLevel,
    exposeErrors: config.exposeErrors,
    ...(plan.batchSize === undefined ? {} : { batchSize: plan.batchSize }),
    eventMembers: eventMembersOf(plan.triggers),
    ...handlerSidesOf(plan.triggers, facts.sides),
    ...(plan.models ? { models: plan.models } : {}),
    ...(facts.inspect === undefined ? {} : { inspect: facts.inspect }),
  }
}

function classOf(triggers: readonly TriggerConfig[]): Pick<WorkerSpec, 'triggerClass'> {
  const [first, ...others] = new Set(triggers.map(({ manifest }) => manifest.manifest.class))
  return first === undefined || others.length > 0 ? {} : { triggerClass: first }
}

function eventMembersOf(triggers: readonly TriggerConfig[]): string[] {
  const members = triggers.flatMap(({ manifest }) => manifest.manifest.handlerMembers ?? [])
  return [...new Set(members.flatMap(({ on, name }) => (on === 'event' ? [name] : [])))]
}

/** Several triggers of a kind give the same member. */
function handlerSidesOf(
  triggers: readonly TriggerConfig[],
  others: readonly KindSide[] = [],
): Pick<WorkerSpec, 'handlerSides'> {
  const sides = new Map<string, KindSide>(others.map((side) => [side.member, side]))
  for (const { manifest } of triggers) {
    const { handlerSide, kind } = manifest.manifest
    if (handlerSide) sides.set(handlerSide.member, { ...handlerSide, kind })
  }
  return sides.size === 0 ? {} : { handlerSides: [...sides.values()] }
}
