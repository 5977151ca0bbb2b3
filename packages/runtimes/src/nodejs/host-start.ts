import type { Resident, ResidentControl, ResidentHost, StartResident, WorkerSpec } from '@pelton/core'
import { type BegunMarks, type Channel, createLocalCalls, createWireHooks, serveWorker } from '@pelton/protocols/worker'
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
      const { resident } = options
      if (!spec.resident || !resident) {
        return { worker: await createHandlerHost(spec as HostSpec, hooks), trigger: spec.trigger }
      }
      // What its handler calls is handled where the trigger is: beside it.
      const { call, on } = createLocalCalls(hooks.call)
      const host = await createHandlerHost(spec as HostSpec, { ...hooks, call })
      await startResident(spec.resident.module, { host, spec, log: hooks.log, onCall: on, resident })
      return { worker: host, trigger: spec.trigger }
    },
  })
}

interface ResidentSurroundings {
  host: HandlerHost
  spec: HostStart
  log: WorkerSpec['hooks']['log']
  onCall: ResidentHost['onCall']
  resident: NonNullable<HostStartOptions['resident']>
}

async function startResident(
  module: string,
  { host, spec, log, onCall, resident }: ResidentSurroundings,
): Promise<void> {
  const { startResident: start } = (await import(module)) as { startResident: StartResident }
  const { control, data } = resident
  await start({ worker: host, onCall, post: control.send, onMessage: control.onMessage, log, index: spec.index }, data)
}
