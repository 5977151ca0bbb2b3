import { readdir } from 'node:fs/promises'
import type { Catalogue, Found, SinkManifest, TriggerManifest } from '@pelton/core'

/** The part of a processor's catalogue that this package provides. */
export type ConnectorCatalogue = Pick<Catalogue, 'trigger' | 'triggers' | 'sink' | 'sinks'>

/** One family of kinds. */
interface Family<M> {
  one(kind: string): Promise<Found<M> | undefined>
  all(): Promise<Found<M>[]>
}

/**
 * All kinds of triggers and sinks below `folder`. A kind is the folder of its name; only that one is loaded when it is
 * asked for.
 */
export function createConnectorCatalogue(
  folder: URL = new URL('.', import.meta.url),
  entry = import.meta.url.endsWith('.ts') ? 'index.ts' : 'index.js',
): ConnectorCatalogue {
  const triggers = scanFamily<TriggerManifest>(new URL('triggers/', folder), entry)
  const sinks = scanFamily<SinkManifest>(new URL('sinks/', folder), entry)
  return { trigger: triggers.one, triggers: triggers.all, sink: sinks.one, sinks: sinks.all }
}

function scanFamily<M extends { aliases?: readonly string[] }>(folder: URL, entry: string): Family<M> {
  const loaded = new Map<string, Promise<Found<M>>>()
  let names: Promise<string[]> | undefined
  const load = (name: string): Promise<Found<M>> => {
    const known = loaded.get(name) ?? loadKind<M>(new URL(`${name}/${entry}`, folder).href)
    loaded.set(name, known)
    return known
  }
  const list = (): Promise<string[]> => (names ??= listFolders(folder))
  const all = async (): Promise<Found<M>[]> => Promise.all((await list()).map(load))
  return {
    all,
    async one(kind) {
      if ((await list()).includes(kind)) return load(kind)
      return (await all()).find(({ manifest }) => manifest.aliases?.includes(kind))
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

async function loadKind<M>(module: string): Promise<Found<M>> {
  const { default: manifest } = (await import(module)) as { default: M }
  return { manifest, module }
}
