import type { CallTrigger, CreateHandlerSide, KindSide, ViewEvent } from '@pelton/core'
import type { Context } from '@pelton/sdk'
import { reasonOf } from '@pelton/sdk/host'
import { errors } from '../../errors.ts'
import type { WorkerLog } from './worker-log.ts'

/** What handlers see of the events of a kind; a kind without a view of its own is not there. */
export type EventViews = ReadonlyMap<string, ViewEvent>

interface SideModule {
  createHandlerSide: CreateHandlerSide
  viewEvent?: ViewEvent
}

/**
 * Gives a worker's context the members of the kinds that it serves; the contexts of its events inherit them. Rejects with
 * `handler_side_failed`. Gives the views that they have of events; undefined when there is none.
 */
export async function addHandlerSides(
  context: Context,
  sides: readonly KindSide[],
  { call, log }: { call: CallTrigger; log: WorkerLog },
): Promise<EventViews | undefined> {
  const views = new Map<string, ViewEvent>()
  for (const { member, node, kind, facts } of sides) {
    try {
      const { createHandlerSide, viewEvent } = (await import(node)) as SideModule
      Object.assign(context, { [member]: createHandlerSide(call, facts) })
      if (kind !== undefined && viewEvent) views.set(kind, viewEvent)
    } catch (error) {
      log.take(undefined, 'error', errors.handler_side_failed.code, { error })
      throw errors.handler_side_failed({ member, module: node, reason: reasonOf(error) }, error)
    }
  }
  return views.size > 0 ? views : undefined
}
