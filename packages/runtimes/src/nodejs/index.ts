import { defineRuntime, schema } from '@pelton/core'

export default defineRuntime({
  kind: 'nodejs',
  summary: 'JavaScript and TypeScript handlers, in threads or processes of Node.js',
  stability: 'stable',
  attributes: schema.object({}),
  extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs'],
  defaultConcurrency: 1024,
  hostsResidents: true,
  takesBatches: true,
  load: async () => (await import('./nodejs-runtime.ts')).nodejsRuntime,
  loadCheck: async () => (await import('./check-handler.ts')).checkHandler,
})
