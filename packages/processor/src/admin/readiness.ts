/** What has to hold for the processor to be ready. */
export interface ReadinessFacts {
  started: boolean
  stopping: boolean
  pools: { name: string; ready: number }[]
  triggers: { name: string; ready: boolean; why?: string | undefined; required: boolean }[]
}

/** Whether events can be taken, with everything that stands against it by name. */
export interface Readiness {
  ready: boolean
  reasons: Record<string, string>
}

/** The truth of `/ready`: listeners bound, workers ready, sources connected, not stopping. */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const reasons: Record<string, string> = {}
  if (!facts.started) reasons['processor'] = 'starting'
  if (facts.stopping) reasons['processor'] = 'stopping'
  for (const pool of facts.pools) if (pool.ready === 0) reasons[`workers ${pool.name}`] = 'no worker is ready'
  for (const trigger of facts.triggers) {
    if (trigger.required && !trigger.ready) reasons[`trigger ${trigger.name}`] = trigger.why ?? 'not ready'
  }
  return { ready: Object.keys(reasons).length === 0, reasons }
}
