import type { ListenAddress, Path, PeltonError } from '@pelton/core'
import type { FunctionConfig, TriggerConfig } from './config/function-config.ts'
import { errors } from './errors.ts'
import { type Placement, choosePlacement } from './placement/choose-placement.ts'
import { type PoolPlan, planPools } from './workers/pool-plan.ts'

/** A trigger with everything decided before it runs. */
export interface PlannedTrigger {
  config: TriggerConfig
  placement: Placement
  pool: PoolPlan
  listens: ListenAddress[]
  /** `spec.eventTimeout`; undefined: none. */
  eventTimeoutMs: number | undefined
}

/** How a function is going to run. */
export interface FunctionPlan {
  config: FunctionConfig
  triggers: PlannedTrigger[]
  /** Pools beside the triggers; a trigger inside its workers has its own. */
  pools: PoolPlan[]
  /** Ports that triggers and sinks are going to bind: defaults keep away from them. */
  ports: ReadonlySet<number>
}

/** What the processor adds to the configuration's own facts. */
export interface PlanFacts {
  watches: boolean
  inspected: boolean
  traces: boolean
}

/** Why a plan cannot be run, and the trigger whose configuration says so. */
export interface PlanRefusal {
  error: PeltonError
  /** The trigger's name, and the key of it. */
  at: Path
}

/**
 * Decides placements and checks addresses before anything is started. Each `placement_refused` and `same_address` goes to `refuse`, which
 * throws it unless another one is given.
 */
export function planFunction(
  config: FunctionConfig,
  facts: PlanFacts,
  refuse: (refusal: PlanRefusal) => void = throwIt,
): FunctionPlan {
  const pools = planPools(config, facts.inspected)
  const addresses = new Map(config.triggers.map((trigger) => [trigger, addressesOf(trigger)]))
  const claims = config.triggers.map((trigger) => claimsOf(trigger, addresses.get(trigger) ?? []))
  const shared = sharedPorts(claims)
  const triggers = pools.flatMap((pool) =>
    pool.triggers.map((trigger): PlannedTrigger => {
      const listens = addresses.get(trigger) ?? []
      const sharesPort = listens.some(({ port }) => shared.has(port))
      return {
        config: trigger,
        placement: place({ config, trigger, pool, sharesPort }, facts, refuse),
        pool,
        listens,
        eventTimeoutMs: facts.inspected ? undefined : config.eventTimeoutMs,
      }
    }),
  )
  checkAddresses(claims.flat(), refuse)
  return {
    config,
    triggers,
    pools: pools.filter((pool) => triggers.some((t) => t.pool === pool && t.placement.placement === 'dispatched')),
    ports: new Set(claims.flat().map(({ port }) => port)),
  }
}

function throwIt({ error }: PlanRefusal): never {
  throw error
}

function addressesOf({ settings, manifest }: TriggerConfig): ListenAddress[] {
  return manifest.manifest.listens?.(settings) ?? []
}

/** An address, and who is going to bind it. */
interface Claim extends Pick<ListenAddress, 'port' | 'path'> {
  owner: string
  at: Path
}

/** What a trigger and its sinks are going to bind. */
function claimsOf({ settings, sinks }: TriggerConfig, listens: readonly ListenAddress[]): Claim[] {
  const own = listens.map(({ port, path }) => ({ port, path, owner: settings.name, at: [settings.name] }))
  const ofSinks = sinks.flatMap(({ manifest, settings: { name, attributes } }) =>
    (manifest.manifest.listens?.(attributes) ?? []).map(({ port, path }) => ({
      port,
      path,
      owner: `${settings.name} (sink ${name})`,
      at: [settings.name, 'attributes'],
    })),
  )
  return [...own, ...ofSinks]
}

/** Ports that several triggers are going to bind; port 0 is another one each time. */
function sharedPorts(addresses: readonly (readonly Claim[])[]): Set<number> {
  const all = addresses.flatMap((listens) => [...new Set(listens.map(({ port }) => port))])
  return new Set(all.filter((port, index) => port !== 0 && all.indexOf(port) !== index))
}

/** What is to be placed. */
interface PlacedFacts {
  config: FunctionConfig
  trigger: TriggerConfig
  pool: PoolPlan
  sharesPort: boolean
}

function place(
  { config, trigger, pool, sharesPort }: PlacedFacts,
  facts: PlanFacts,
  refuse: (refusal: PlanRefusal) => void,
): Placement {
  const { obstacle, ...placement } = choosePlacement({
    wanted: trigger.placement,
    hostsResidents: config.runtimeManifest.manifest.hostsResidents,
    isolation: config.isolation,
    inWorkers: trigger.manifest.manifest.inWorkers,
    numWorkers: pool.numWorkers,
    concurrency: pool.concurrency,
    hasEventTimeout: config.eventTimeoutMs !== undefined,
    sharesPool: trigger.workerAllocatorName !== undefined,
    sharesPort,
    batches: trigger.batch !== undefined,
    hasSinks: trigger.sinks.length > 0,
    watches: facts.watches,
    reusesPorts: process.platform !== 'darwin' && process.platform !== 'win32',
    traces: facts.traces,
  })
  if (obstacle !== undefined) {
    const { name } = trigger.settings
    refuse({ error: errors.placement_refused({ trigger: name, reason: obstacle }), at: [name, 'placement'] })
  }
  return placement
}

function checkAddresses(claims: readonly Claim[], refuse: (refusal: PlanRefusal) => void): void {
  const seen = new Map<string, string>()
  for (const { port, path, owner, at } of claims) {
    if (port === 0) continue
    const address = path === '*' ? `port ${port}` : `port ${port}, path ${path}`
    const first = seen.get(address)
    if (first === undefined) seen.set(address, owner)
    else refuse({ error: errors.same_address({ first, second: owner, address }), at })
  }
}
