/** `980 B`, `12.5 kB`, `3.85 MB`: three digits, powers of 1,000. */
export function showBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB'])
}

/** `64.0 kbit/s`, `2.51 Mbit/s`. */
export function showBitRate(bitsPerSecond: number): string {
  return scaled(bitsPerSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
}

/** `0.31 ms`, `12.4 ms`, `124 ms`. */
export function showMs(ms: number): string {
  return `${threeDigits(ms)} ms`
}

/** `0.98 s`, `12.4 s`. */
export function showSeconds(ms: number): string {
  return `${threeDigits(ms / 1_000)} s`
}

/** `59s`, `12m05s`, `3h00m05s`. */
export function showElapsed(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  return `${Math.floor(seconds / 3_600)}h${two(Math.floor(seconds / 60) % 60)}m${two(seconds % 60)}s`
}

/** To at most so many decimals, for machines. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}

function scaled(value: number, units: readonly string[]): string {
  let step = 0
  let rest = value
  while (rest >= 999.5 && step < units.length - 1) {
    rest /= 1_000
    step += 1
  }
  return `${step === 0 ? Math.round(rest) : threeDigits(rest)} ${units[step]}`
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)
}
