import type { Seen } from './soak-viewers.ts'
import type { ProcessFacts } from './process-facts.ts'
import type { RunningFunction } from './start-function.ts'

/** Resident memory may rise by so much: the garbage of worker threads is in it. */
const mostGrowthMb = 20
/** The main thread's heap may rise by so much. */
const mostHeapGrowthMb = 3

/** Megabytes that are left when the main thread has collected its garbage. */
export interface Memory {
  residentMb: number
  heapMb: number
}

/** Everything that a soak has found. */
export interface Soaked {
  /** When it had found its size, and at the end, both with viewers. */
  memory: readonly [before: Memory, after: Memory]
  /** Without viewers, at the beginning and at the end. */
  holdings: readonly [before: ProcessFacts, after: ProcessFacts]
  seen: Seen
  /** How many log lines there were of each message. */
  logged: ReadonlyMap<string, number>
}

/** What was not as it must be; memory, then what the process holds, then counts. */
export async function judge(soaked: Soaked, served: RunningFunction): Promise<string[]> {
  return [
    ...judgeMemory(soaked),
    ...judgeHoldings(soaked),
    ...judgeSeen(soaked),
    ...(await judgeCounts(soaked, served)),
  ]
}

function judgeMemory({ memory: [before, after] }: Soaked): string[] {
  const faults: string[] = []
  const expect = (what: string, from: number, to: number, most: number): void => {
    if (to - from > most) faults.push(`${what} grew from ${from.toFixed(1)} to ${to.toFixed(1)} MB`)
  }
  expect('resident memory', before.residentMb, after.residentMb, mostGrowthMb)
  expect('the heap', before.heapMb, after.heapMb, mostHeapGrowthMb)
  return faults
}

function judgeHoldings({ holdings: [before, after] }: Soaked): string[] {
  const faults: string[] = []
  if (after.threads > before.threads)
    faults.push(`there were ${before.threads} threads, now there are ${after.threads}`)
  if (after.descriptors > before.descriptors + 2) {
    faults.push(`there were ${before.descriptors} descriptors, now there are ${after.descriptors}`)
  }
  return faults
}

function judgeSeen({ seen }: Soaked): string[] {
  const faults = seen.faults.slice(0, 5).map((fault) => `a viewer: ${fault}`)
  if (seen.faults.length > 5) faults.push(`and ${seen.faults.length - 5} more of viewers`)
  if (seen.lost > 0) faults.push(`readers by TCP lost ${seen.lost} packets`)
  if (seen.frames === 0) faults.push('nobody saw anything')
  return faults
}

/** Every frame was handled, superseded or dropped; every loss is one that was told. */
async function judgeCounts({ logged }: Soaked, { metric }: RunningFunction): Promise<string[]> {
  const faults: string[] = []
  const expect = (what: string, found: number, expected: number, tolerance = 0): void => {
    if (Math.abs(found - expected) > tolerance) faults.push(`${what}: ${found}, not ${expected}`)
  }
  const connects = await metric('pelton_source_connects_total')
  expect('connections', connects, logged.get('source_connected') ?? 0)
  const video = 'trigger_id="video"'
  for (const trigger of [video, 'trigger_id="pictures"']) {
    const received = await metric('pelton_frames_received_total', trigger)
    const superseded = await metric('pelton_frames_superseded_total', trigger)
    const dropped = await metric('pelton_frames_dropped_total', trigger)
    const incomplete = await metric('pelton_frames_dropped_total', `${trigger},reason="incomplete"`)
    const handled = await metric('nuclio_processor_handled_events_total', trigger)
    // Some are on their way.
    expect(`frames of ${trigger}`, handled + superseded + dropped - incomplete, received, 8)
  }
  expect('failed events', await metric('nuclio_processor_handled_events_total', 'result="failure"'), 0)
  expect('failed answers', await metric('pelton_sink_failed_total'), 0)
  expect('viewers that are left', await metric('pelton_sink_viewers'), 0)
  return faults
}
