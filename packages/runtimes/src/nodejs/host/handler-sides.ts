import type { CallTrigger, CreateHandlerSide, HandlerSide } from '@pelton/core'
import type { Context } from '@pelton/sdk'
import { reasonOf } from '@pelton/sdk/host'
import { errors } from '../../errors.ts'
import type { WorkerLog } from './worker-log.ts'

/**
 * Gives a worker's context the members of the kinds that it serves; the contexts of its events inherit them. Rejects with
 * `handler_side_failed`.
 */
export async function addHandlerSides(
  context: Context,
  sides: readonly HandlerSide[],
  { call, log }: { call: CallTrigger; log: WorkerLog },
): Promise<void> {
  for (const { member, node } of sides) {
    try {
      const { createHandlerSide } = (await import(node)) as { createHandlerSide: CreateHandlerSide }
      Object.assign(context, { [member]: createHandlerSide(call) })
    } catch (error) {
      log.take(undefined, 'error', errors.handler_side_failed.code, { error })
      throw errors.handler_side_failed({ member, module: node, reason: reasonOf(error) }, error)
    }
  }
}
