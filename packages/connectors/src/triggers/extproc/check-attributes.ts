import type { AttributeNote, CheckAttributes } from '@pelton/core'
import type { ExtProcAttributes } from './config.ts'

/** Checks what the schema leaves open: options that come to nothing beside others. */
export const checkAttributes: CheckAttributes<ExtProcAttributes> = (attributes) => {
  const notes: AttributeNote[] = []
  const warn = (path: AttributeNote['path'], message: string): void => {
    notes.push({ level: 'warning', path, message })
  }
  const { type, onError, phaseTimeoutMs, processingOptions: options } = attributes
  if (type !== 'observeprocessor') return notes
  const why = 'has no effect: an observeprocessor answers the proxy before the handler runs'
  if (onError !== undefined) warn(['onError'], why)
  if (phaseTimeoutMs !== undefined) warn(['phaseTimeoutMs'], why)
  if (options.updateDurationHeader) warn(['processingOptions', 'updateDurationHeader'], why)
  return notes
}
