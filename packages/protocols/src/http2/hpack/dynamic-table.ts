/** What an entry takes beside its name and its value (RFC 7541 §4.1). */
const entryOverhead = 32

/** The dynamic table of one direction of a connection: a ring, its newest entry at index 0 (RFC 7541 §2.3.2, §4). */
export class DynamicTable {
  /** Goes up whenever an entry or the limit changes: what was true of the table at one number is true while it stays. */
  changes = 0
  readonly #slots: number
  /** Names and values by turns; made when the first entry comes. */
  #fields: string[] | undefined
  /** The slot of the next entry. */
  #next = 0
  #count = 0
  /** The sizes of all entries as RFC 7541 §4.1 counts them. */
  #bytes = 0
  #limit: number

  /** `maxBytes` is the limit to begin with, and the highest. */
  constructor(maxBytes: number) {
    this.#limit = maxBytes
    this.#slots = 2 ** Math.ceil(Math.log2(Math.max(1, Math.floor(maxBytes / entryOverhead))))
  }

  get count(): number {
    return this.#count
  }

  /** `index` is below `count`. */
  name(index: number): string {
    return this.#fields![2 * this.#slotOf(index)]!
  }

  /** `index` is below `count`. */
  value(index: number): string {
    return this.#fields![2 * this.#slotOf(index) + 1]!
  }

  /** Adds an entry and drops the oldest until all fit; one that cannot fit leaves the table empty (RFC 7541 §4.4). */
  insert(name: string, value: string): void {
    const size = name.length + value.length + entryOverhead
    this.#shrink(this.#limit - size)
    this.changes++
    if (size > this.#limit) return
    this.#fields ??= Array.from({ length: 2 * this.#slots }, () => '')
    this.#fields[2 * this.#next] = name
    this.#fields[2 * this.#next + 1] = value
    this.#next = (this.#next + 1) & (this.#slots - 1)
    this.#count++
    this.#bytes += size
  }

  /** Drops every entry. */
  clear(): void {
    this.#shrink(0)
    this.changes++
  }

  /** Sets the limit, which is none above the highest, and drops what is too much (RFC 7541 §4.3). */
  resize(limit: number): void {
    if (limit === this.#limit) return
    this.#limit = limit
    this.#shrink(limit)
    this.changes++
  }

  #shrink(most: number): void {
    while (this.#count > 0 && this.#bytes > most) {
      const at = 2 * this.#slotOf(this.#count - 1)
      const fields = this.#fields!
      this.#bytes -= fields[at]!.length + fields[at + 1]!.length + entryOverhead
      this.#count--
      // A long text that nobody can reach would be kept until its slot is taken again.
      fields[at] = ''
      fields[at + 1] = ''
    }
  }

  #slotOf(index: number): number {
    return (this.#next - 1 - index) & (this.#slots - 1)
  }
}
