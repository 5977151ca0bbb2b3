import { type Samples, sumOf } from './metrics.ts'
import type { Receiver, Receivers } from './webhook-receiver.ts'

/** Intervals of the schedule a second. */
const ticksPerSecond = 20

/** Whether every event is accounted for once: at the trigger, at each sink, at each receiver. */
export function judgeCounts(
  samples: Samples,
  receivers: Receivers,
  seconds: number,
): { faults: string[]; counts: Record<string, number> } {
  const faults: string[] = []
  const handled = sumOf(samples, 'nuclio_processor_handled_events_total', { trigger_id: 'chat', result: 'success' })
  const ticks = sumOf(samples, 'nuclio_processor_handled_events_total', { trigger_id: 'tick', result: 'success' })
  const counts: Record<string, number> = { handled, ticks }
  // A busy machine misses some; none comes twice.
  const share = ticks / (seconds * ticksPerSecond)
  if (share < 0.5 || share > 1.1) faults.push(`${ticks} ticks in ${seconds.toFixed(0)} s`)
  for (const [sink, { arrivals }] of Object.entries<Receiver>({ ...receivers })) {
    const of = (name: string): number => sumOf(samples, `pelton_sink_${name}`, { trigger_id: 'chat', sink })
    const [written, dropped, failed] = [of('written_total'), of('dropped_total'), of('failed_total')]
    const retried = of('retried_total')
    Object.assign(counts, { [`${sink} written`]: written, [`${sink} dropped`]: dropped, [`${sink} failed`]: failed })
    Object.assign(counts, { [`${sink} retried`]: retried, [`${sink} arrived`]: arrivals.count })
    if (written + dropped + failed !== handled) {
      faults.push(`${sink}: ${written} written + ${dropped} dropped + ${failed} failed of ${handled} answers`)
    }
    const once = arrivals.count - arrivals.repeated
    if (sink === 'webhook' && once < written) faults.push(`${sink}: ${once} arrived of ${written} written`)
    // What arrived in the moment of a loss is written again, and may be dropped before that.
    const most = written + failed + retried
    if (once > most)
      faults.push(`${sink}: ${once} arrived, and ${written} were written, ${failed} failed, ${retried} retried`)
    if (arrivals.repeated > retried) faults.push(`${sink}: ${arrivals.repeated} came twice of ${retried} retried`)
    faults.push(...arrivals.faults.map((fault) => `${sink}: ${fault}`))
  }
  return { faults, counts }
}
