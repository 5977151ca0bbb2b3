import { type Runtime, moduleBeside } from '@pelton/core'
import { spawnThreadHost } from '@pelton/protocols/worker'
import { onnxStart } from './onnx-start.ts'

/**
 * Runs models in threads of this process, each with sessions of its own: ONNX Runtime blocks the thread that it runs in, and a
 * thread must not be ended while it does.
 */
export const onnxRuntime: Runtime = {
  spawn(spec, signal) {
    keepToOurselves()
    const entry = new URL(moduleBeside(import.meta.url, './thread-entry'))
    return spawnThreadHost({ entry, start: onnxStart(spec), signal }, spec)
  },
}

/**
 * ONNX Runtime 1.29 and newer tell their maker about models and machines, and write into the temporary folder for it, unless
 * the process's own environment says no before they are loaded; threads have copies of it that native code does not see. Who sets the
 * variable decides.
 */
function keepToOurselves(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
}
