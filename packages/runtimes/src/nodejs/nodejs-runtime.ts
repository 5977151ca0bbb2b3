import type { Runtime } from '@pelton/core'

/** Runs a function in threads of this process, or in child processes; each is loaded only when it is used. */
export const nodejsRuntime: Runtime = {
  async spawn(spec, signal) {
    if (spec.isolation === 'process') return (await import('./process-worker.ts')).spawnProcess(spec, signal)
    return (await import('./thread-worker.ts')).spawnThread(spec, signal)
  },
}
