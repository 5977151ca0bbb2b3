import { Buffer } from 'node:buffer'
import { fromALaw, fromMuLaw } from './g711.ts'

/** Encodings of audio that are read (RFC 3551 §4.5). */
export type AudioEncoding = 'L16' | 'L8' | 'PCMU' | 'PCMA'

/** Turns a packet's payload into samples, s16le and channel by channel, in memory of their own. */
export type AudioReader = (payload: Buffer) => Buffer

const readers: Readonly<Record<AudioEncoding, AudioReader>> = {
  L16: swapPairs,
  L8: fromOffsetBytes,
  PCMU: fromMuLaw,
  PCMA: fromALaw,
}

/** Bytes at a payload's end that are no sample of every channel are left out. */
export function createAudioReader(encoding: AudioEncoding, channels: number): AudioReader {
  const read = readers[encoding]
  const frameBytes = channels * (encoding === 'L16' ? 2 : 1)
  return (payload) => read(payload.subarray(0, payload.length - (payload.length % frameBytes)))
}

/** Whether payloads of an encoding can be read. */
export function isAudioEncoding(encoding: string): encoding is AudioEncoding {
  return Object.hasOwn(readers, encoding)
}

/** Network order to little-endian, and back. */
function swapPairs(payload: Buffer): Buffer {
  const samples = Buffer.allocUnsafeSlow(payload.length)
  samples.set(payload)
  return samples.swap16()
}

/** 0 is the most negative sample, 128 is silence (RFC 3551 §4.5.10). */
function fromOffsetBytes(payload: Buffer): Buffer {
  const samples = Buffer.allocUnsafeSlow(2 * payload.length)
  for (let index = 0; index < payload.length; index++) {
    samples[2 * index] = 0
    samples[2 * index + 1] = payload[index]! - 128
  }
  return samples
}
