import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Event } from '@pelton/sdk'
import { createEvent } from '@pelton/sdk/host'
import type { EventViews } from './handler-sides.ts'
import type { Handling } from './handling.ts'
import type { HostSpec } from './host-spec.ts'
import type { OpenEvent } from './open-event.ts'

/** What a worker's events are made with. */
export interface EventScope {
  spec: Pick<HostSpec, 'compat' | 'eventMembers'>
  store: AsyncLocalStorage<Handling>
  views?: EventViews | undefined
}

/**
 * The event as the handler is given it. Its signal aborts inside the event's scope, so that what its listeners do is
 * attributed to the event.
 */
export function createScopedEvent(open: OpenEvent, { spec, store, views }: EventScope): Event {
  const { compat, eventMembers: members } = spec
  // Whose event it is may have to be read first: only where somebody has a view.
  const view = views?.get(open.data.trigger.kind)
  const data = view ? view(open.data) : open.data
  return createEvent(data, { compat, members, signal: () => scopedSignal(open, store) })
}

function scopedSignal(open: OpenEvent, store: AsyncLocalStorage<Handling>): AbortSignal {
  const { signal } = open
  const inside = new AbortController()
  if (signal?.aborted) inside.abort(signal.reason)
  const abort = (): void => store.run(open, () => inside.abort(signal?.reason))
  signal?.addEventListener('abort', abort, { once: true })
  return inside.signal
}
