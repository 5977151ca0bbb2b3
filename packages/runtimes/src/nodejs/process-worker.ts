import { getCompileCacheDir } from 'node:module'
import { fileURLToPath } from 'node:url'
import { moduleBeside, type Worker, type WorkerSpec } from '@pelton/core'
import { spawnHost } from '@pelton/protocols/process'
import { workerFlags } from '@pelton/protocols/worker'
import { errors } from '../errors.ts'

/** Runs the function in a child process, the leader of a process group of its own. */
export async function spawnProcess(spec: WorkerSpec, signal?: AbortSignal): Promise<Worker> {
  if (spec.resident) throw errors.resident_not_hosted({ module: spec.resident.module })
  const cache = getCompileCacheDir()
  const env = { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }), ...spec.env }
  const args = [...workerFlags(), fileURLToPath(moduleBeside(import.meta.url, './process-entry'))]
  return spawnHost({ command: process.execPath, args, env }, spec, { signal })
}
