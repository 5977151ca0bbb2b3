import type { CompatMode } from './compat.ts'
import type { HandlerResponse } from './context.ts'
import { isFetchResponse } from './fetch-response.ts'
import { reasonOf } from './read-body.ts'
import { isResponseShaped, responseKeys } from './read-result.ts'
import { respond, responseOrigin } from './respond.ts'
import { isThenable } from './thenable.ts'

/** What a batch handler gave for one event: a value that is read as a single result is, or what was thrown instead. */
export type BatchResult = { value: unknown } | { error: unknown }

/** The results of a batch, found for its events. */
export interface BatchResults {
  /** One entry an event, in the order of the batch; undefined where the handler gave none. */
  results: (BatchResult | undefined)[]
  /** Why results were left out: they are of no event of the batch. */
  dropped: string[]
}

/** Stands in a list of results for a promise that rejected. */
class RejectedResult {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

const idNames: readonly string[] = ['eventId']
const nuclioIdNames: readonly string[] = ['eventId', 'event_id']
const keysBeside = (names: readonly string[]): ReadonlySet<string> => new Set([...responseKeys, ...names])
const namedKeys = keysBeside(idNames)
const nuclioNamedKeys = keysBeside(nuclioIdNames)

/** What a batch handler returned, once the promises in its list have settled: one that rejects fails its own event. */
export function settleResults(returned: unknown): unknown {
  if (isThenable(returned)) return Promise.resolve(returned).then(settleResults)
  return Array.isArray(returned) && returned.some(isThenable) ? settleItems(returned) : returned
}

async function settleItems(items: unknown[]): Promise<unknown[]> {
  // A copy, and not a map, keeps the holes: these are events without a result.
  const settled = items.slice()
  await Promise.all(
    items.map(async (item, at) => {
      try {
        settled[at] = await item
      } catch (error) {
        settled[at] = new RejectedResult(error)
      }
    }),
  )
  return settled
}

/**
 * Finds the result of each event among what a batch handler answered: by the ids that results name (`eventId`, in
 * nuclio files also `event_id`), or, when none names any, by their order. Never throws.
 */
export function pairResults(
  answered: unknown,
  events: readonly { readonly id: string }[],
  compat: CompatMode,
): BatchResults | { failure: string } {
  if (answered === undefined) return { results: events.map(() => undefined), dropped: [] }
  try {
    if (!Array.isArray(answered))
      return { failure: 'a batch handler answers with a list of results, one for each event' }
    return pair(answered, new EventPlaces(events), compat !== 'none')
  } catch (error) {
    // A getter or a proxy of the handler's own threw.
    return { failure: `reading the results failed: ${reasonOf(error)}` }
  }
}

function pair(items: unknown[], places: EventPlaces, nuclio: boolean): BatchResults {
  const results: BatchResults['results'] = Array.from({ length: places.size }, () => undefined)
  const dropped: string[] = []
  const names = items.map((item) => eventNamed(item, places, nuclio))
  const byName = names.some((name) => name !== undefined)
  items.forEach((item, at) => {
    const place = byName ? places.take(names[at]) : at
    if (place !== undefined && place < places.size) results[place] = resultOf(item, nuclio)
    else if (!(item instanceof RejectedResult)) dropped.push(whyDropped(at, byName, names[at]))
  })
  items.forEach((item, at) => {
    // Where results name their events, what was rejected can only be told by its place.
    if (item instanceof RejectedResult && at < places.size) results[at] ??= { error: item.error }
  })
  return { results, dropped }
}

function whyDropped(at: number, byName: boolean, name: string | undefined): string {
  if (!byName) return `result ${at + 1} is one more than there are events`
  if (name === undefined) return `result ${at + 1} names no event, while others do`
  return `result ${at + 1} names event ${name}, which is not in the batch or has its result already`
}

// An id that nobody in the batch has is taken for one only where the rest is a response: else it is the handler's data.
function eventNamed(item: unknown, places: EventPlaces, nuclio: boolean): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const name = (nuclio ? nuclioIdNames : idNames)
    .map((key) => (item as Record<string, unknown>)[key])
    .find((value) => typeof value === 'string')
  if (name === undefined || places.has(name)) return name
  return responseOrigin(item) !== undefined || isFetchResponse(item) || isNamedResponse(item, nuclio) ? name : undefined
}

function resultOf(item: unknown, nuclio: boolean): BatchResult {
  if (item instanceof RejectedResult) return { error: item.error }
  if (typeof item !== 'object' || item === null || !isNamedResponse(item, nuclio)) return { value: item }
  return { value: respond(item.body, item as object) satisfies HandlerResponse }
}

/** Whether a value is a response by its shape, beside the id of its event. */
function isNamedResponse(item: object, nuclio: boolean): item is { body?: unknown } {
  const names = nuclio ? nuclioIdNames : idNames
  return names.some((name) => name in item) && isResponseShaped(item, nuclio ? nuclioNamedKeys : namedKeys)
}

/** Where in the batch the events of an id are; several may have the same. No id is read before a result names one. */
class EventPlaces {
  readonly size: number
  readonly #events: readonly { readonly id: string }[]
  #places: Map<string, number[]> | undefined

  constructor(events: readonly { readonly id: string }[]) {
    this.size = events.length
    this.#events = events
  }

  has(id: string): boolean {
    return this.#known().has(id)
  }

  /** The next event of this id that has no result yet. */
  take(id: string | undefined): number | undefined {
    return id === undefined ? undefined : this.#known().get(id)?.shift()
  }

  #known(): Map<string, number[]> {
    this.#places ??= Map.groupBy(this.#events.keys(), (at) => this.#events[at]?.id ?? '')
    return this.#places
  }
}
