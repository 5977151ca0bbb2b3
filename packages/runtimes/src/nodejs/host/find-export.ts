import type { BatchHandler, Handler, InitContext } from '@pelton/sdk'

type Exports = Readonly<Record<string, unknown>>

const defaultEntry = 'handler'
const notNames = new Set(['default', '__esModule', 'module.exports'])

/**
 * The handler among a module's exports: the named one, also as a member of the default export; for the name `handler`
 * the default export itself (`module.exports = …`) too. Undefined when there is none.
 */
export function findHandlerExport(module: Exports, entry: string): Handler | BatchHandler | undefined {
  const name = entry === '' ? defaultEntry : entry
  for (const place of places(module)) {
    const found = memberOf(place, name)
    if (typeof found === 'function') return found as Handler
  }
  if (name !== defaultEntry) return undefined
  return places(module).find((place) => typeof place === 'function') as Handler | BatchHandler | undefined
}

/** The module's `initContext`, wherever its handler may be found or as the handler's own member. */
export function findInitContext(module: Exports, handler: Handler | BatchHandler): InitContext | undefined {
  for (const place of [...places(module), handler]) {
    const found = memberOf(place, 'initContext')
    if (typeof found === 'function') return found as InitContext
  }
  return undefined
}

/** Names that a module exports, for a message; a default function counts as `default`. */
export function exportNames(module: Exports): string[] {
  const names = places(module).flatMap((place) =>
    typeof place === 'object' && place !== null ? Object.keys(place) : [],
  )
  const own = new Set(names.filter((name) => !notNames.has(name)))
  return typeof module.default === 'function' ? ['default', ...own] : [...own]
}

// CommonJS arrives as the default export; compiled ES modules carry a default of their own in it.
function places(module: Exports): unknown[] {
  const outer = module.default
  return [module, outer, memberOf(outer, 'default')].filter((place) => place !== undefined && place !== null)
}

function memberOf(place: unknown, name: string): unknown {
  if ((typeof place !== 'object' && typeof place !== 'function') || place === null) return undefined
  return (place as Exports)[name]
}
