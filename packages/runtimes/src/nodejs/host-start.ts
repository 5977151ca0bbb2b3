import type { Resident, ResidentControl, StartResident, WorkerSpec } from '@pelton/core'

import { type BegunMarks, type Channel, createWireHooks, serveWorker } from '@pelton/protocols/worker'
import { errors } from '../errors.ts'
import type { HandlerHost, HostSpec } from './host/host-spec.ts'

/** A worker's spec as its host is told it: JSON. */
export type HostStart = Omit<HostSpec, 'resident'> & { resident?: Pick<Resident, 'module'> }

/** What a thread or process starts its host with. */
export interface HostStartOptions {
  channel: Channel
  begun: BegunMarks
  /** The processor's end of a resident, and what it is given. */
  resident?: { control: ResidentControl; data: unknown }
  /** Ends the thread or process. */
  end(): void
}

/** What the host is told about its worker. */
export function hostStart(spec: WorkerSpec): HostStart {
  const { hooks: _, resident, ...facts } = spec
  return resident ? { ...facts, resident: { module: resident.module } } : facts
}

/** Most events that a worker of this spec may hold: some more than its concurrency, for those whose slot is given up on. */
export function slotsOf(spec: WorkerSpec): number {
  return spec.concurrency + 16
}

/** The worker in messages. */
export function workerName(spec: WorkerSpec): string {
  return `${spec.index} of ${spec.function.name}`
}

/** Serves the events of a channel with the user's handler in this thread or process. */
export function startHost(options: HostStartOptions): void {
  const hooks = createWireHooks(options.channel)
  serveWorker({
    channel: options.channel,
    hooks,
    begun: options.begun,
    onEnd: options.end,
    async load(start) {
      // Written by `hostStart` of the same version.
      const spec = start as HostStart
      if (spec.inspect !== undefined) {
        // Only who debugs pays for it.
        const { openInspector } = await import('./open-inspector.ts')
        await openInspector(spec.inspect)
      }
      const { createHandlerHost } = await import('./host/handler-host.ts')
      const host = await createHandlerHost(spec as HostSpec, hooks)
      if (spec.resident) await startResident(spec.resident.module, { host, spec, log: hooks.log, ...options })
      return { worker: host, trigger: spec.trigger }
    },
  })
}

interface ResidentSurroundings extends HostStartOptions {
  host: HandlerHost
  spec: HostStart
  log: WorkerSpec['hooks']['log']
}

async function startResident(module: string, { host, spec, log, resident }: ResidentSurroundings): Promise<void> {
  if (!resident) throw errors.resident_not_hosted({ module })
  const { startResident: start } = (await import(module)) as { startResident: StartResident }
  const { control, data } = resident
  await start({ worker: host, post: control.send, onMessage: control.onMessage, log, index: spec.index }, data)
}
