import path from 'node:path'
import { root } from './repository.ts'
import { type PeersOptions, makeOnce } from './virtual-environment.ts'

/** What tests and benchmarks use of Python beyond its standard library. */
const packages = [
  'grpcio>=1.60',
  'grpcio-health-checking>=1.60',
  'grpcio-reflection>=1.60',
  'msgpack>=1',
  'numpy>=1.22',
  'nuclio-sdk>=0.5,<1',
  'tritonclient[grpc,http]>=2.40',
]

/**
 * An interpreter that has `packages`; or the reason for node:test's `skip` why there is none here.
 */
export type PythonPeers = { python: string; skip: false } | { python: undefined; skip: string }

/**
 * The virtual environment under node_modules/.cache: made by whoever asks first, in at most four minutes, and kept.
 * Others wait for it meanwhile. Never rejects.
 */
export async function pythonPeers(options: PeersOptions = {}): Promise<PythonPeers> {
  const folder = options.folder ?? path.join(root, 'node_modules/.cache/python')
  const reason = await makeOnce({ folder, packages, make: options.make })
  if (reason !== undefined) return { python: undefined, skip: `needs python-peers (${reason})` }
  return { python: path.join(folder, 'bin/python'), skip: false }
}
