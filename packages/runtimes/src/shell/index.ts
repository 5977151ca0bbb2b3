import { defineRuntime } from '@pelton/core'
import { attributes } from './config.ts'

export default defineRuntime({
  kind: 'shell',
  summary: 'Shell scripts and commands, a process an event: the body goes in, what is printed comes back',
  stability: 'stable',
  attributes,
  extensions: ['.sh'],
  defaultConcurrency: 1,
  hostsResidents: false,
  takesBatches: false,
  load: async () => (await import('./shell-runtime.ts')).shellRuntime,
  loadCheck: async () => (await import('./check-handler.ts')).checkHandler,
})
