import { createWireHooks, openThreadHost, serveWorker } from '@pelton/protocols/worker'
import type { OnnxStart } from './onnx-start.ts'

const { channel, begun } = openThreadHost()
const hooks = createWireHooks(channel)

serveWorker({
  channel,
  hooks,
  begun,
  load: async (start) => (await import('./onnx-host.ts')).loadOnnxHost(start as OnnxStart, hooks.log),
  // Only ever called by the thread's loop, thus never while a model runs.
  onEnd: () => process.exit(0),
})
