import type { WorkerSpec } from '@pelton/core'
import { slotMask } from './begun-table.ts'

/** Events that a worker may hold beyond those that run: sent ahead, or given up on by their callers. */
const spareSlots = 80

/** Most events that a worker of this spec may hold. */
export function workerSlots({ concurrency, batchSize = 1 }: Pick<WorkerSpec, 'concurrency' | 'batchSize'>): number {
  return Math.min(concurrency * batchSize + spareSlots, slotMask + 1)
}

/** The worker in messages: `0 of hello`. */
export function workerName(spec: Pick<WorkerSpec, 'index' | 'function'>): string {
  return `${spec.index} of ${spec.function.name}`
}
