import { isPeltonError, type WorkerHooks } from '@pelton/core'
import { errors } from '../errors.ts'
import { frame, FrameBreach, frameFlag, frameType, type InFrame, maxMetaBytes, type OutFrame } from './frame.ts'
import { writeError } from './wire-error.ts'
import { readJson, writeJson } from './wire-json.ts'

/** Runs a call that arrived and gives the frame with its result; never rejects. Without hooks there are too many already. */
export async function answerCall(call: InFrame, hooks: WorkerHooks | undefined, limit: number): Promise<OutFrame> {
  let operation = ''
  try {
    const request = readRequest(call)
    operation = request.operation
    if (!hooks) throw errors.too_many_calls({ operation, limit })
    const body = call.has(frameFlag.noBody) ? undefined : call.body()
    return resultFrame(call.id, await hooks.call(operation, request.payload, body))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const failure = isPeltonError(error) ? error : errors.call_failed({ operation, reason }, error)
    return { ...frame(frameType.result, call.id, writeError(failure)), flags: frameFlag.error }
  }
}

function readRequest(call: InFrame): { operation: string; payload: unknown } {
  const request = readJson(call.meta(), call.has(frameFlag.bytesInMeta)) as Record<string, unknown> | null | undefined
  if (typeof request?.operation !== 'string') throw new FrameBreach('a call without operation')
  return { operation: request.operation, payload: request.payload }
}

function resultFrame(id: number, value: unknown): OutFrame {
  if (value instanceof Uint8Array) return frame(frameType.result, id, '', value)
  const { text, hasBytes } = writeJson(value)
  if (text.length > maxMetaBytes / 3) throw new RangeError(`its result is too long: ${text.length} characters`)
  const flags = frameFlag.noBody | (hasBytes ? frameFlag.bytesInMeta : 0)
  return { ...frame(frameType.result, id, text), flags }
}
