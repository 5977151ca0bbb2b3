import fs from 'node:fs'
import path from 'node:path'
import { type RuntimeManifest, type SinkManifest, type TriggerManifest } from '@pelton/core'

/** A kind's manifest with the folder that it was found in. */
export interface KindFolder<M> {
  manifest: M
  /** Absolute. */
  folder: string
}

/** Every kind of the repository by family, sorted by name. */
export interface Kinds {
  triggers: KindFolder<TriggerManifest>[]
  sinks: KindFolder<SinkManifest>[]
  runtimes: KindFolder<RuntimeManifest>[]
}

/** A family of kinds. */
export type FamilyName = keyof Kinds

/** Loads the manifests: the folder is the registration. */
export async function readKinds(repository: string): Promise<Kinds> {
  const [triggers, sinks, runtimes] = await Promise.all([
    readFamily<TriggerManifest>(path.join(repository, 'packages/connectors/src/triggers')),
    readFamily<SinkManifest>(path.join(repository, 'packages/connectors/src/sinks')),
    readFamily<RuntimeManifest>(path.join(repository, 'packages/runtimes/src')),
  ])
  return { triggers, sinks, runtimes }
}

async function readFamily<M>(parent: string): Promise<KindFolder<M>[]> {
  if (!fs.existsSync(parent)) return []
  const folders = fs
    .readdirSync(parent)
    .toSorted()
    .map((name) => path.join(parent, name))
    .filter((folder) => fs.existsSync(path.join(folder, 'index.ts')))
  return Promise.all(
    folders.map(async (folder) => {
      const { default: manifest } = (await import(path.join(folder, 'index.ts'))) as { default?: M }
      if (manifest === undefined) throw new Error(`${folder}/index.ts must export its manifest by default`)
      return { manifest, folder }
    }),
  )
}
