import type { HttpHead } from './http-message.ts'
import type { Site } from './site.ts'
import { asksForWebSocket } from './upgrade.ts'

const below = '/*'

interface Prefix {
  /** Without the `/*`. */
  readonly path: string
  readonly site: Site
}

/** Who serves which paths of a port. */
export class SiteTable {
  readonly #sites = new Map<string, Site>()
  /** By `alsoAt`: whoever came first serves. */
  readonly #others = new Map<string, Site[]>()
  /** The longest first. */
  #prefixes: readonly Prefix[] = []

  add(path: string, site: Site, alsoAt?: string): void {
    this.#sites.set(path, site)
    if (alsoAt !== undefined) this.#others.set(alsoAt, [...(this.#others.get(alsoAt) ?? []), site])
    this.#prefixes = prefixesOf(this.#sites)
  }

  /** Harmless when another has the path by now. */
  delete(path: string, site: Site): void {
    if (this.#sites.get(path) !== site) return
    this.#sites.delete(path)
    for (const [alsoAt, others] of this.#others) {
      this.#others.set(
        alsoAt,
        others.filter((other) => other !== site),
      )
    }
    this.#prefixes = prefixesOf(this.#sites)
  }

  /** Who serves a request: an exact path, the longest prefix, a path that nobody asked for, then the rest. */
  find(head: HttpHead): Site | undefined {
    const rest = this.#sites.get('*')
    if (rest && this.#sites.size === 1) return rest
    const { path } = head
    const named = this.#sites.get(path) ?? this.#prefixes.find((prefix) => isWithin(path, prefix.path))?.site
    if (named) return named
    const other = this.#others.get(path)?.[0]
    return other && (!rest || asksForWebSocket(head)) ? other : rest
  }
}

function prefixesOf(sites: ReadonlyMap<string, Site>): Prefix[] {
  return [...sites]
    .filter(([path]) => path.endsWith(below))
    .map(([path, site]) => ({ path: path.slice(0, -below.length), site }))
    .toSorted((one, other) => other.path.length - one.path.length)
}

function isWithin(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}
