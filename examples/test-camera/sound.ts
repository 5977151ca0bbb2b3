const rate = 16_000
/** C, E, G and silence, a second each. */
const tones = [523.25, 659.25, 783.99, 0] as const
/** So much is given beforehand, so that a late tick makes no gap. */
const leadMs = 300

let startedAt: number | undefined
let given = 0

/** The samples (s16le, 16,000 Hz, mono) from the end of the last ones until a little after `now`, in milliseconds. */
export function soundUntil(now: number): Buffer {
  startedAt ??= now
  const end = Math.round(((now - startedAt + leadMs) * rate) / 1000)
  const samples = Buffer.alloc(2 * Math.max(0, end - given))
  for (let at = 0; at < samples.length; at += 2, given += 1) samples.writeInt16LE(sampleAt(given), at)
  return samples
}

function sampleAt(sample: number): number {
  const tone = tones[Math.floor(sample / rate) % tones.length] ?? 0
  return Math.round(8000 * Math.sin((2 * Math.PI * tone * sample) / rate))
}
