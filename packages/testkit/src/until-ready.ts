import type { FakeTriggerContext } from './fake-trigger-context.ts'
import { waitUntil } from './wait-until.ts'

/** Waits until a trigger that runs is ready; rejects with what made `run` fail, or when it returned before. */
export async function untilReady(context: FakeTriggerContext, run: Promise<void>): Promise<void> {
  let isOver = false
  const over = run.finally(() => (isOver = true))
  await Promise.race([waitUntil('ready', () => context.isReady || isOver), over])
  if (isOver) await run
  if (!context.isReady) throw new Error('the trigger returned before it was ready')
}
