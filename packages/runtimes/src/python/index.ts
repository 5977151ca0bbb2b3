import { defineRuntime, schema } from '@pelton/core'

export default defineRuntime({
  kind: 'python',
  summary: 'Handlers in Python, sync or async, one process a worker; what runs on nuclio runs here',
  stability: 'stable',
  attributes: schema.object({}),
  extensions: ['.py'],
  defaultConcurrency: 1024,
  hostsResidents: false,
  takesBatches: true,
  load: async () => (await import('./python-runtime.ts')).createPythonRuntime(),
  loadCheck: async () => (await import('./check-handler.ts')).checkHandler,
  loadInstall: async () => (await import('./install-requirements.ts')).installRequirements,
})
