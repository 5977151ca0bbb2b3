/** Everything that decides where a trigger runs. */
export interface PlacementFacts {
  wanted: 'auto' | 'dispatched' | 'worker'
  /** The runtime runs triggers in its threads. */
  hostsResidents: boolean
  isolation: 'thread' | 'process'
  /** How many copies of the trigger its kind bears; undefined: none. */
  inWorkers: 'single' | 'several' | undefined
  numWorkers: number
  concurrency: number
  hasEventTimeout: boolean
  sharesPool: boolean
  /** Another trigger listens on its port: only one listener can tell their requests apart. */
  sharesPort: boolean
  /** Events are handed out in batches. */
  batches: boolean
  /** Its responses go to sinks. */
  hasSinks: boolean
  watches: boolean
  /** The system lets several listeners share an address (`SO_REUSEPORT`). */
  reusesPorts: boolean
  /** Spans are exported. */
  traces: boolean
}

/** Where a trigger runs, and why, in words for the start screen. */
export interface Placement {
  placement: 'dispatched' | 'worker'
  reason: string
}

/** What in-worker placement gives up. */
const givenUp = 'fastest; a handler that blocks, ends or faults its thread takes its connections along'

/**
 * Chooses in-worker placement when nothing stands against it. A refused wish is an error for the caller to raise:
 * `obstacle` says what stands against it.
 */
export function choosePlacement(facts: PlacementFacts): Placement & { obstacle?: string } {
  if (facts.wanted === 'dispatched') return { placement: 'dispatched', reason: 'as configured' }
  const obstacle = obstacleOf(facts)
  if (obstacle === undefined) return { placement: 'worker', reason: givenUp }
  const dispatched: Placement = { placement: 'dispatched', reason: `because ${obstacle}` }
  return facts.wanted === 'worker' ? { ...dispatched, obstacle } : dispatched
}

function obstacleOf(facts: PlacementFacts): string | undefined {
  if (!facts.hostsResidents) return 'the runtime cannot run triggers in its workers'
  if (facts.isolation === 'process') return 'isolation is process'
  if (facts.inWorkers === undefined) return 'the kind cannot run in its workers'
  if (facts.inWorkers === 'single' && facts.numWorkers > 1) return 'the kind cannot run in several workers'
  if (facts.concurrency <= 1) return 'concurrency is 1'
  if (facts.hasEventTimeout) return 'eventTimeout is set'
  if (facts.batches) return 'its events come in batches'
  if (facts.hasSinks) return 'its responses go to sinks'
  if (facts.sharesPool) return 'its workers are shared'
  if (facts.sharesPort) return 'its port is shared'
  if (!facts.reusesPorts) return 'listeners cannot share an address on this system'
  if (facts.watches) return 'the configuration is watched'
  if (facts.traces) return 'traces are exported'
  return undefined
}
