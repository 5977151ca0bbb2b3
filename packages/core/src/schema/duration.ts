const msPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** What a duration's text looks like: numbers with units, the largest first by custom. */
export const durationPattern = /^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h|d))+)$/

const part = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|d)/g

/** Longer texts are no durations, and need not be matched. */
const maxLength = 64

/** Milliseconds of `250ms`, `5s`, `1m30s`, `1.5h` or `0`, to the nanosecond; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed.length > maxLength || !durationPattern.test(trimmed)) return undefined
  let ms = 0
  for (const [, amount, unit] of trimmed.matchAll(part))
    ms += toNanosecond(Number(amount) * (msPerUnit[unit ?? ''] ?? 0))
  return ms <= Number.MAX_SAFE_INTEGER ? ms : undefined
}

/** Binary fractions: 0.57 s would be 569.9999999999999 ms. */
function toNanosecond(ms: number): number {
  return Number.isInteger(ms) ? ms : Math.round(ms * 1e6) / 1e6
}

/** The shortest text that reads back as the same time: `250ms`, `1.5s`, `1m30s`, `25h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms === 0) return '0s'
  if (ms < 1000) return `${ms}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = Math.round((ms % 60_000) * 1e6) / 1e9
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`
}
