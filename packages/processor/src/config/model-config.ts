import path from 'node:path'
import { type Catalogue, type Found, type RuntimeManifest, decode, oneOf, quote } from '@pelton/core'
import type { FaultNotes } from './fault-notes.ts'
import type { ModelConfig } from './function-config.ts'
import type { PartOfFunctionFile } from './function-schema.ts'

type Entries = NonNullable<NonNullable<PartOfFunctionFile['spec']>['models']>

/** A member of `context.models`, in every language. */
const namePattern = /^[A-Za-z_]\w{0,63}$/

/** Reads `spec.models`: every fault is noted, those that are right come back. */
export async function readModels(
  entries: Entries,
  { catalogue, notes }: { catalogue: Catalogue; notes: FaultNotes },
): Promise<ModelConfig[]> {
  const models: ModelConfig[] = []
  for (const [name, entry] of Object.entries(entries)) {
    const at = ['spec', 'models', name]
    if (!namePattern.test(name)) {
      notes.error(at, 'must be called by letters, digits and underscores, as a member of context.models', { at: 'key' })
    }
    if (entry?.file === undefined) continue
    const runtimeManifest = await runtimeOfModel(entry.file, catalogue)
    if (!runtimeManifest) {
      const endings = (await modelRuntimes(catalogue)).flatMap(({ manifest }) => manifest.extensions)
      notes.error(
        [...at, 'file'],
        `${quote(entry.file, 60)} is no model that can be run: it must end in ${oneOf(endings)}`,
      )
      continue
    }
    const { value, faults } = decode(runtimeManifest.manifest.attributes, entry.runtimeAttributes ?? {}, [
      ...at,
      'runtimeAttributes',
    ])
    notes.addSchemaFaults(faults)
    if (!value) continue
    models.push({
      name,
      file: entry.file,
      numWorkers: entry.numWorkers ?? 1,
      runtimeManifest,
      runtimeAttributes: value,
    })
  }
  return models
}

async function modelRuntimes(catalogue: Catalogue): Promise<Found<RuntimeManifest>[]> {
  return (await catalogue.runtimes()).filter(({ manifest }) => manifest.modelSide !== undefined)
}

async function runtimeOfModel(file: string, catalogue: Catalogue): Promise<Found<RuntimeManifest> | undefined> {
  const ending = path.extname(file).toLowerCase()
  return (await modelRuntimes(catalogue)).find(({ manifest }) => manifest.extensions.includes(ending))
}
