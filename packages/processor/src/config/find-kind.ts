import { type Found, nearest, oneOf, quote } from '@pelton/core'

/** What every manifest has. */
interface Named {
  kind: string
  aliases?: readonly string[]
}

/** How one family of kinds is looked up. */
export interface KindLookup<M> {
  one(kind: string): Promise<Found<M> | undefined>
  all(): Promise<Found<M>[]>
}

/** A kind, or why there is none. */
export type KindSearch<M> = { found: Found<M> } | { message: string; suggestion: string | undefined }

/** What may name a kind: catalogues turn it into a module's path. */
const kindPattern = /^[a-z][\w-]{0,63}$/i

/** Finds a kind by its name or an alias. Only when there is none of that name are all kinds loaded. */
export async function findKind<M extends Named>(
  family: string,
  kind: string,
  lookup: KindLookup<M>,
): Promise<KindSearch<M>> {
  const direct = kindPattern.test(kind) ? await lookup.one(kind) : undefined
  if (direct) return { found: direct }
  const all = await lookup.all()
  const aliased = all.find(({ manifest }) => manifest.aliases?.includes(kind))
  if (aliased) return { found: aliased }
  const known = all.map(({ manifest }) => manifest.kind)
  const names = all.flatMap(({ manifest }) => [manifest.kind, ...(manifest.aliases ?? [])])
  const list = known.length > 0 ? `known are ${oneOf(known).replace(/ or (?=\S+$)/, ' and ')}` : 'none is installed'
  return { message: `unknown ${family} ${quote(kind, 40)}; ${list}`, suggestion: nearest(kind, names) }
}
