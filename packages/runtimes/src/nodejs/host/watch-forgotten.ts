import type { Clock } from '@pelton/core'
import type { Handling } from './handling.ts'
import type { WorkerLog } from './worker-log.ts'

/** How long a nuclio handler may have returned without an answer before the log says so. */
const forgottenAfterMs = 10_000

/** Names in the log, once, what is not answered in time; `answered` resolves when it is. */
export function watchForgotten(
  handling: Handling,
  answered: Promise<unknown> | undefined,
  { clock, log }: { clock: Clock; log: WorkerLog },
): void {
  const timer = clock.after(forgottenAfterMs, () => {
    log.take(handling, 'warn', 'handler_has_not_answered', { after_ms: forgottenAfterMs })
  })
  void answered?.then(() => timer.cancel())
}
