const most = 300

/** What was thrown, where it is no error: a text says itself; what says nothing is named. It throws only what the value's own code throws. */
export function thrownText(value: unknown): string {
  if (value === undefined || value === null) return `nothing was thrown: ${value}`
  if (value === '') return 'an empty text was thrown'
  if (typeof value === 'function') return `a function was thrown: ${value.name || 'it has no name'}`
  const text = String(value)
  if (typeof value !== 'object' || !/^\[object \w+\]$|^$/.test(text)) return text
  const json = JSON.stringify(value)
  return `an object was thrown: ${json.length > most ? `${json.slice(0, most)}…` : json}`
}
