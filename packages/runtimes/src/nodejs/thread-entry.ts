import { workerData } from 'node:worker_threads'
import { createThreadChannel, openBegunMemory } from '@pelton/protocols/worker'
import { startHost } from './host-start.ts'
import { portControl } from './port-control.ts'
import { nativeAddonLoaded, type ThreadData } from './thread-data.ts'

const data = workerData as ThreadData
const exit = process.exit.bind(process)
const state = new Int32Array(data.state)

// Noted before the addon runs: from then on this thread must not be ended by force, for that may abort the process.
const load = process.dlopen
process.dlopen = function dlopen(this: unknown, ...given: Parameters<typeof load>): void {
  Atomics.store(state, nativeAddonLoaded, 1)
  Reflect.apply(load, process, given)
}

startHost({
  channel: createThreadChannel(data.link),
  begun: openBegunMemory(data.begun),
  ...(data.resident ? { resident: { control: portControl(data.resident.port), data: data.resident.data } } : {}),
  end: () => exit(0),
})
