import { Buffer } from 'node:buffer'

/** Of ITU-T G.711, in 16 bits. */
const muLawBias = 0x84
const mostMuLaw = 32_635

const muLaw = Int16Array.from({ length: 256 }, (_, code) => muLawSample(code))
const aLaw = Int16Array.from({ length: 256 }, (_, code) => aLawSample(code))

/** The samples of PCMU codes, s16le. */
export function fromMuLaw(codes: Uint8Array): Buffer {
  return expanded(codes, muLaw)
}

/** The samples of PCMA codes, s16le. */
export function fromALaw(codes: Uint8Array): Buffer {
  return expanded(codes, aLaw)
}

/** The PCMU code of a sample of 16 bits. */
export function toMuLaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), mostMuLaw) + muLawBias
  const exponent = 24 - Math.clz32(magnitude)
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff
}

function expanded(codes: Uint8Array, table: Int16Array): Buffer {
  const samples = Buffer.allocUnsafeSlow(2 * codes.length)
  for (let index = 0; index < codes.length; index++) {
    const sample = table[codes[index]!]!
    samples[2 * index] = sample
    samples[2 * index + 1] = sample >> 8
  }
  return samples
}

function muLawSample(code: number): number {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + muLawBias) << ((bits >> 4) & 7)) - muLawBias
  return bits > 0x7f ? -magnitude : magnitude
}

function aLawSample(code: number): number {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return bits > 0x7f ? magnitude : -magnitude
}
