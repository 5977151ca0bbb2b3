/** Types of NAL units (ITU-T H.264 table 7-1). */
const types = { sequence: 7, picture: 8, delimiter: 9 } as const
/** Sets are small and few; what is not is not kept. */
const most = { bytes: 1_024, sets: 8 } as const

/** The newest parameter sets of a stream, for key pictures that come without theirs and for its description. */
export class H264Sets {
  #sequence: Buffer[] = []
  #picture: Buffer[] = []

  /** The units with the sets that a key picture lacks; notes those that it has. */
  complete(units: readonly Buffer[], isKeyPicture: boolean): readonly Buffer[] {
    const sequence = setsOf(units, types.sequence)
    const picture = setsOf(units, types.picture)
    this.#note(sequence, picture)
    if (!isKeyPicture) return units
    const missing = [
      ...(sequence.length > 0 ? [] : this.#sequence),
      ...this.#picture.filter((known) => !picture.some((set) => idOf(set) === idOf(known))),
    ]
    if (missing.length === 0) return units
    // Behind the delimiter, which is always first, and behind a sequence set that the picture sets need.
    const at = units.findLastIndex((unit) => typeOf(unit) === types.delimiter || typeOf(unit) === types.sequence) + 1
    return [...units.slice(0, at), ...missing, ...units.slice(at)]
  }

  /** Of `a=fmtp` (RFC 6184 §8.1); none before the sets are known. */
  get parameters(): Record<string, string> {
    const [first] = this.#sequence
    if (!first || this.#picture.length === 0) return {}
    const sets = [...this.#sequence, ...this.#picture].map((unit) => unit.toString('base64'))
    return { 'profile-level-id': first.toString('hex', 1, 4), 'sprop-parameter-sets': sets.join(',') }
  }

  /** Sets of pictures alone take the places of those that they change; a new sequence has its own. */
  #note(sequence: Buffer[], picture: Buffer[]): void {
    if (sequence.length > 0) this.#sequence = sequence
    if (picture.length === 0) return
    const kept = sequence.length > 0 ? [] : this.#picture
    const unchanged = kept.filter((known) => !picture.some((set) => idOf(set) === idOf(known)))
    this.#picture = [...unchanged, ...picture].slice(-most.sets)
  }
}

function typeOf(unit: Buffer): number {
  return unit[0]! & 0x1f
}

/** Copies, since an answer's memory is not kept for them. */
function setsOf(units: readonly Buffer[], type: number): Buffer[] {
  const found = units.filter((unit) => typeOf(unit) === type && unit.length >= 4 - (type - types.sequence) * 2)
  return found.slice(0, most.sets).flatMap((unit) => (unit.length <= most.bytes ? [Buffer.from(unit)] : []))
}

/** The number of a picture set, by which pictures name it: the first in it, in Exp-Golomb code (ITU-T H.264 §7.3.2.2, §9.1). */
function idOf(unit: Buffer): number {
  const bits = (unit[1]! << 16) | ((unit[2] ?? 0) << 8) | (unit[3] ?? 0)
  const zeros = Math.clz32(bits) - 8
  return zeros > 8 ? -1 : (bits >>> (23 - 2 * zeros)) - 1
}
