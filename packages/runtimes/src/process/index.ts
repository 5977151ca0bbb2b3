import { defineRuntime } from '@pelton/core'
import { attributes } from './config.ts'

export default defineRuntime({
  kind: 'process',
  summary: 'Any program, in any language, that speaks the worker wire; one process a worker',
  stability: 'stable',
  attributes,
  extensions: [],
  defaultConcurrency: 1,
  hostsResidents: false,
  takesBatches: true,
  load: async () => (await import('./process-runtime.ts')).processRuntime,
  loadCheck: async () => (await import('./check-handler.ts')).checkHandler,
})
