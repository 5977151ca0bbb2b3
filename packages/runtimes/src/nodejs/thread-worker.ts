import { MessageChannel } from 'node:worker_threads'
import { moduleBeside, type Worker, type WorkerSpec } from '@pelton/core'
import { spawnThreadHost } from '@pelton/protocols/worker'
import { hostStart } from './host-start.ts'
import { portControl } from './port-control.ts'
import type { ThreadExtra } from './thread-extra.ts'

/** Runs the function in a thread. */
export async function spawnThread(spec: WorkerSpec, signal?: AbortSignal): Promise<Worker> {
  const line = spec.resident && new MessageChannel()
  const extra: ThreadExtra = line ? { resident: { port: line.port2, data: spec.resident?.data } } : {}
  const entry = new URL(moduleBeside(import.meta.url, './thread-entry'))
  const host = { entry, start: hostStart(spec), extra, transfer: line ? [line.port2] : [], signal }
  const worker = await spawnThreadHost(host, spec)
  return line ? Object.assign(worker, { resident: portControl(line.port1) }) : worker
}
