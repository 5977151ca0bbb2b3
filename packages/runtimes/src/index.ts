import { readdir } from 'node:fs/promises'
import type { Catalogue, Found, RuntimeManifest } from '@pelton/core'

const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** The runtimes of this package: every folder beside this file. A kind by its folder's name loads that one alone. */
export function createRuntimeCatalogue(): Pick<Catalogue, 'runtime' | 'runtimes'> {
  const loaded = new Map<string, Promise<Found<RuntimeManifest>>>()
  const load = (folder: string): Promise<Found<RuntimeManifest>> => {
    const found = loaded.get(folder) ?? importManifest(folder)
    loaded.set(folder, found)
    return found
  }
  const runtimes = async (): Promise<Found<RuntimeManifest>[]> => {
    const all = await Promise.all((await folders()).map(load))
    return all.sort((a, b) => (a.manifest.kind < b.manifest.kind ? -1 : 1))
  }
  return {
    runtimes,
    async runtime(kind) {
      if ((await folders()).includes(kind)) return load(kind)
      return (await runtimes()).find(({ manifest }) => manifest.aliases?.includes(kind))
    },
  }
}

async function folders(): Promise<string[]> {
  const entries = await readdir(new URL('.', import.meta.url), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

async function importManifest(folder: string): Promise<Found<RuntimeManifest>> {
  const module = new URL(`./${folder}/index.${suffix}`, import.meta.url).href
  const { default: manifest } = (await import(module)) as { default: RuntimeManifest }
  return { manifest, module }
}
