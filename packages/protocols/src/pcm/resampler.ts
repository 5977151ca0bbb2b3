import { Buffer } from 'node:buffer'

/** From which rate to which, in samples a second, and of how many channels. */
export interface ResamplerOptions {
  from: number
  to: number
  channels: number
}

/** Zero crossings of the filter on each side of a sample. */
const crossings = 16
/** More positions between two samples than these are taken for the nearest of them. */
const mostPhases = 1_024

/**
 * Gives samples another rate, however they are cut: s16le in and out, channel by channel. A windowed sinc keeps what lies
 * above the lower rate's half out. The last few milliseconds wait for what follows.
 */
export class Resampler {
  readonly #channels: number
  /** Of the input, for each side of a sample. */
  readonly #reach: number
  readonly #step: { whole: number; part: number; parts: number }
  readonly #phases: readonly Float32Array[]
  /** Of the input, not yet needed no more; silence goes before the first. */
  #input: Int16Array
  /** In `#input`: where the next sample's filter begins. */
  #at = 0
  /** Of `parts`: how far behind that the next sample lies. */
  #part = 0

  constructor({ from, to, channels }: ResamplerOptions) {
    const divisor = greatestDivisor(from, to)
    const parts = to / divisor
    const step = from / divisor
    this.#channels = channels
    this.#step = { whole: Math.floor(step / parts), part: step % parts, parts }
    const scale = Math.min(1, to / from)
    this.#reach = Math.ceil(crossings / scale)
    const count = Math.min(parts, mostPhases)
    this.#phases = Array.from({ length: count }, (_, phase) => filterAt(phase / count, this.#reach, scale))
    this.#input = new Int16Array((this.#reach - 1) * channels)
  }

  /** Takes whole samples of every channel; gives those that follow from them. */
  push(samples: Buffer): Buffer {
    const channels = this.#channels
    const input = this.#joined(samples)
    const frames = input.length / channels
    const taps = 2 * this.#reach
    const most = Math.ceil((Math.max(0, frames - this.#at) * this.#step.parts) / this.#ticks()) + 1
    const output = Buffer.allocUnsafeSlow(most * channels * 2)
    let bytes = 0
    while (this.#at + taps <= frames) {
      const filter = this.#filter()
      for (let channel = 0; channel < channels; channel += 1) {
        bytes = output.writeInt16LE(convolve(input, this.#at * channels + channel, channels, filter), bytes)
      }
      this.#advance()
    }
    const kept = Math.min(this.#at, frames)
    this.#input = input.slice(kept * channels)
    this.#at -= kept
    return output.subarray(0, bytes)
  }

  #ticks(): number {
    return this.#step.whole * this.#step.parts + this.#step.part
  }

  #joined(samples: Buffer): Int16Array {
    const before = this.#input.length
    const input = new Int16Array(before + samples.length / 2)
    input.set(this.#input)
    for (let index = before, at = 0; index < input.length; index += 1, at += 2) input[index] = samples.readInt16LE(at)
    return input
  }

  #filter(): Float32Array {
    const count = this.#phases.length
    const phase = Math.min(count - 1, Math.round((this.#part * count) / this.#step.parts))
    return this.#phases[phase]!
  }

  #advance(): void {
    const { whole, part, parts } = this.#step
    this.#at += whole
    this.#part += part
    if (this.#part < parts) return
    this.#part -= parts
    this.#at += 1
  }
}

/** Weights of the `2 × reach` samples around a place that is `phase` (0 to 1) behind the one at `reach - 1`; their sum is 1. */
function filterAt(phase: number, reach: number, scale: number): Float32Array {
  const weights = Float32Array.from({ length: 2 * reach }, (_, index) => {
    const distance = index - (reach - 1) - phase
    const x = Math.PI * distance * scale
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / reach)
    return Math.abs(distance) >= reach ? 0 : (x === 0 ? 1 : Math.sin(x) / x) * window
  })
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

function convolve(input: Int16Array, from: number, step: number, filter: Float32Array): number {
  let sum = 0
  for (let tap = 0, at = from; tap < filter.length; tap += 1, at += step) sum += filter[tap]! * input[at]!
  return Math.max(-32_768, Math.min(32_767, Math.round(sum)))
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other)
}
