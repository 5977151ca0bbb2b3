import { type AttributeNote, type CheckAttributes, parseListenAddress, quote } from '@pelton/core'
import type { WebSocketAttributes } from './config.ts'
import { leastTickMs } from './rules.ts'

/** Checks what the schema leaves open: the address, the interval, the sizes of windows and the mode. */
export const checkAttributes: CheckAttributes<WebSocketAttributes> = (attributes, { compat }) => {
  const notes: AttributeNote[] = []
  const error = (key: keyof WebSocketAttributes, message: string): void => {
    notes.push({ level: 'error', path: [key], message })
  }
  const wrong = addressFault(attributes)
  if (wrong) error(...wrong)
  const { processing_interval, chunk_bytes, max_bytes, trim_bytes } = attributes
  if (processing_interval === 0 && compat === 'none') error('processing_interval', 'must be more than 0')
  else if (processing_interval === 0) {
    const message = `is 0, which no clock can keep: ${leastTickMs} ms are used`
    notes.push({ level: 'warning', path: ['processing_interval'], message })
  }
  if (chunk_bytes > max_bytes) error('chunk_bytes', `must not be more than max_bytes (${max_bytes})`)
  if (trim_bytes > max_bytes) error('trim_bytes', `must not be more than max_bytes (${max_bytes})`)
  const { mode, is_stream } = attributes
  if (mode !== undefined && is_stream !== undefined && is_stream !== (mode === 'stream')) {
    error('is_stream', `contradicts mode ${mode}: keep one of them`)
  }
  return notes
}

function addressFault({
  port,
  websocket_addr,
}: WebSocketAttributes): [key: 'port' | 'websocket_addr', message: string] | undefined {
  const isEmpty = websocket_addr === undefined || websocket_addr.trim() === ''
  if (isEmpty && port === undefined) {
    return ['websocket_addr', 'websocket_addr is required (such as :9001), unless port is given']
  }
  if (isEmpty) return undefined
  if (port !== undefined) return ['port', 'must not stand beside websocket_addr: keep one of them']
  if (parseListenAddress(websocket_addr)) return undefined
  return ['websocket_addr', `expected an address such as :9001 or 127.0.0.1:9001, got ${quote(websocket_addr, 40)}`]
}
