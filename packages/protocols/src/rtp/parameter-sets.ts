import { Buffer } from 'node:buffer'
import { startCode } from './annex-b.ts'

/** Sets are small; what is not is none. */
const mostBytes = 16_384

/**
 * Remembers the parameter sets that a decoder needs before a key picture: those that came last in the stream, else those
 * of the session description.
 */
export class ParameterSets {
  readonly #typeOf: (unit: Uint8Array) => number
  readonly #byType = new Map<number, Buffer>()
  #arriving = new Map<number, Buffer>()

  /** `typeOf` gives a unit's type. */
  constructor(units: readonly Buffer[], typeOf: (unit: Uint8Array) => number) {
    this.#typeOf = typeOf
    for (const unit of units) this.note(unit)
    this.keep()
  }

  /** Takes a set of the access unit that is arriving; false when that has had it. */
  note(unit: Uint8Array): boolean {
    const type = this.#typeOf(unit)
    const before = this.#arriving.get(type) ?? Buffer.alloc(0)
    const all = Buffer.concat([before, startCode, unit])
    const isRepeated = Buffer.concat([before, startCode]).includes(Buffer.concat([startCode, unit, startCode]))
    if (!isRepeated && all.length <= mostBytes) this.#arriving.set(type, all)
    return !isRepeated
  }

  /** The access unit is over, whole or not: of each type that it had, its sets take the place of older ones. */
  keep(): void {
    if (this.#arriving.size === 0) return
    for (const [type, bytes] of this.#arriving) this.#byType.set(type, bytes)
    this.#arriving = new Map()
  }

  /** Those that the arriving access unit has not had, as a byte stream in the order of their types; may be empty. */
  get missing(): Buffer {
    const types = [...this.#byType.keys()].filter((type) => !this.#arriving.has(type))
    return Buffer.concat(types.sort((one, other) => one - other).map((type) => this.#byType.get(type)!))
  }
}

/**
 * The sets that a session description's `a=fmtp` has: `sprop-parameter-sets` (RFC 6184 §8.1), `sprop-vps`, `sprop-sps`
 * and `sprop-pps` (RFC 7798 §7.1).
 */
export function spropUnits(parameters: ReadonlyMap<string, string>): Buffer[] {
  const names = ['sprop-parameter-sets', 'sprop-vps', 'sprop-sps', 'sprop-pps']
  return names
    .flatMap((name) => (parameters.get(name) ?? '').split(','))
    .map((text) => Buffer.from(text.trim(), 'base64'))
    .filter((unit) => unit.length > 0)
}
