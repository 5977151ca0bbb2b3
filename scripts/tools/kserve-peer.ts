import path from 'node:path'
import { root } from './repository.ts'
import { type PeersOptions, makeOnce } from './virtual-environment.ts'

/** Apart from the other peers: it brings a web server and pandas, half a gigabyte in all. */
const packages = ['kserve>=0.21,<1']

/**
 * An interpreter that has the KServe client; or the reason for node:test's `skip` why there is none here.
 */
export type KservePeer = { python: string; skip: false } | { python: undefined; skip: string }

/**
 * The virtual environment under node_modules/.cache: made by whoever asks first, in at most four minutes, and kept.
 * Others wait for it meanwhile. Never rejects.
 */
export async function kservePeer(options: PeersOptions = {}): Promise<KservePeer> {
  const folder = options.folder ?? path.join(root, 'node_modules/.cache/kserve')
  const reason = await makeOnce({ folder, packages, make: options.make })
  if (reason !== undefined) return { python: undefined, skip: `needs kserve (${reason})` }
  return { python: path.join(folder, 'bin/python'), skip: false }
}
