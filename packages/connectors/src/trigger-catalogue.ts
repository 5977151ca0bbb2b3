import { readdir } from 'node:fs/promises'
import type { Catalogue, Found, TriggerManifest } from '@pelton/core'

/** The part of a processor's catalogue that this package provides. */
export type TriggerCatalogue = Pick<Catalogue, 'trigger' | 'triggers'>

/** All trigger kinds of this package. A kind is the folder of its name; only that one is loaded when it is asked for. */
export function createTriggerCatalogue(
  folder: URL = new URL('./triggers/', import.meta.url),
  entry = import.meta.url.endsWith('.ts') ? 'index.ts' : 'index.js',
): TriggerCatalogue {
  const loaded = new Map<string, Promise<Found<TriggerManifest>>>()
  let names: Promise<string[]> | undefined
  const load = (name: string): Promise<Found<TriggerManifest>> => {
    const known = loaded.get(name) ?? loadKind(new URL(`${name}/${entry}`, folder).href)
    loaded.set(name, known)
    return known
  }
  const list = (): Promise<string[]> => (names ??= listFolders(folder))
  const triggers = async (): Promise<Found<TriggerManifest>[]> => Promise.all((await list()).map(load))
  return {
    triggers,
    async trigger(kind) {
      if ((await list()).includes(kind)) return load(kind)
      return (await triggers()).find(({ manifest }) => manifest.aliases?.includes(kind))
    },
  }
}

async function listFolders(folder: URL): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

async function loadKind(module: string): Promise<Found<TriggerManifest>> {
  const { default: manifest } = (await import(module)) as { default: TriggerManifest }
  return { manifest, module }
}
