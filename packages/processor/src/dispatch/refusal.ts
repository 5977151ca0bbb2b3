import type { Outcome, PeltonError } from '@pelton/core'
import type { Refusal } from '../allocation/allocator.ts'
import { errors } from '../errors.ts'
import type { DispatcherParts } from './dispatch-parts.ts'

type Why = Refusal | 'revoked'

/** Counts an event that no worker takes and gives its outcome. */
export function refuse({ trigger, metrics }: DispatcherParts, why: Why, waitedMs: number): Outcome {
  metrics.add('handledFailure')
  if (why === 'timeout') metrics.add('allocationTimeouts')
  return { status: 'failed', error: refusal(why, trigger, waitedMs) }
}

function refusal(why: Why, trigger: string, waitedMs: number): PeltonError {
  switch (why) {
    case 'timeout':
      return errors.no_worker({ trigger, waitedMs })
    case 'left':
      return errors.caller_left({ trigger })
    case 'revoked':
      return errors.event_revoked({ trigger })
    case 'stopped':
      return errors.workers_stopped({ trigger })
    case 'full':
      return errors.too_many_waiting({ trigger, limit: 'as many events or bytes as may wait' })
  }
}
