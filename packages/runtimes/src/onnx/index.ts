import { defineRuntime, moduleBeside } from '@pelton/core'
import { attributes } from './config.ts'

export default defineRuntime({
  kind: 'onnx',
  summary: 'ONNX models, without any code, in threads that run ONNX Runtime',
  stability: 'beta',
  attributes,
  extensions: ['.onnx'],
  defaultConcurrency: 1024,
  hostsResidents: false,
  takesBatches: false,
  readsData: true,
  knowsConcurrency: true,
  defaultTrigger: 'openinference',
  modelSide: {
    member: 'models',
    node: moduleBeside(import.meta.url, './handler-side'),
    python: new URL('./handler_side.py', import.meta.url).href,
  },
  load: async () => (await import('./onnx-runtime.ts')).onnxRuntime,
  loadCheck: async () => (await import('./check-handler.ts')).checkHandler,
})
