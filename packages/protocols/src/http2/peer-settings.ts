import { ConnectionFault } from './connection-fault.ts'
import { errorCodes, most31Bits, settingIds } from './http2-codes.ts'

/** What a peer's SETTINGS change for us; what is absent they do not name. */
export interface PeerSettings {
  initialWindowSize?: number
  maxFrameSize?: number
}

const settingBytes = 6
const mostFrameBytes = 2 ** 24 - 1

/** Reads the payload of SETTINGS; of a setting that is named twice the last value. Throws `ConnectionFault` (RFC 9113 §6.5). */
export function readPeerSettings(payload: Buffer): PeerSettings {
  if (payload.length % settingBytes !== 0)
    throw new ConnectionFault(errorCodes.frameSizeError, 'SETTINGS of a wrong length')
  const settings: PeerSettings = {}
  for (let at = 0; at < payload.length; at += settingBytes) {
    const value = payload.readUInt32BE(at + 2)
    const id = payload.readUInt16BE(at)
    if (id === settingIds.initialWindowSize) settings.initialWindowSize = checkedWindow(value)
    else if (id === settingIds.maxFrameSize) settings.maxFrameSize = checkedFrameSize(value)
    else if (id === settingIds.enablePush && value > 1) {
      throw new ConnectionFault(errorCodes.protocolError, 'SETTINGS_ENABLE_PUSH is neither 0 nor 1')
    }
  }
  return settings
}

function checkedWindow(value: number): number {
  if (value > most31Bits)
    throw new ConnectionFault(errorCodes.flowControlError, 'SETTINGS_INITIAL_WINDOW_SIZE is too large')
  return value
}

function checkedFrameSize(value: number): number {
  if (value < 2 ** 14 || value > mostFrameBytes) {
    throw new ConnectionFault(errorCodes.protocolError, 'SETTINGS_MAX_FRAME_SIZE is out of its range')
  }
  return value
}
