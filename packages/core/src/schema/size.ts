const bytesPerUnit: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1e3],
  ['kb', 1e3],
  ['ki', 2 ** 10],
  ['kib', 2 ** 10],
  ['m', 1e6],
  ['mb', 1e6],
  ['mi', 2 ** 20],
  ['mib', 2 ** 20],
  ['g', 1e9],
  ['gb', 1e9],
  ['gi', 2 ** 30],
  ['gib', 2 ** 30],
  ['t', 1e12],
  ['tb', 1e12],
  ['ti', 2 ** 40],
  ['tib', 2 ** 40],
])

/** Units to write with, the largest first; binary before decimal, as memory and bodies are sized so. */
const written: readonly [string, number][] = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
]

/** What a size's text looks like. */
export const sizePattern = /^\d+(?:\.\d+)? ?(?:[kmgt]i?)?b?$/i

/** Longer texts are no sizes, and need not be matched. */
const maxLength = 32

/** Bytes of `64KiB`, `10Mi` (powers of 1,024), `4MB`, `4M` (powers of 1,000) or `512`; undefined when it is no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed.length > maxLength || !sizePattern.test(trimmed)) return undefined
  const [amount = ''] = /^[\d.]+/.exec(trimmed) ?? []
  const perUnit = bytesPerUnit.get(trimmed.slice(amount.length).trim().toLowerCase())
  if (perUnit === undefined) return undefined
  const bytes = Math.round(Number(amount) * perUnit * 1e6) / 1e6
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The shortest exact text: `4MiB`, `64KiB`, `5MB`, `1500`. */
export function formatSize(bytes: number): string {
  const unit = bytes === 0 ? undefined : written.find(([, perUnit]) => bytes % perUnit === 0)
  return unit ? `${bytes / unit[1]}${unit[0]}` : String(bytes)
}
