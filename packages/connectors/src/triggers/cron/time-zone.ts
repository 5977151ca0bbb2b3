import { nearest, normaliseKey } from '@pelton/core'

/** The time zone of the machine. */
export function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Whether a time zone is known, by a name of the IANA database in any letter case or as an offset such as `+02:00`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    // A RangeError, which is the only way to ask.
    return false
  }
}

/** The known time zone that was probably meant: of nearly the same name, or of the city that was named alone. */
export function nearestTimeZone(name: string): string | undefined {
  const known = Intl.supportedValuesOf('timeZone')
  const wanted = normaliseKey(name.replaceAll(' ', ''))
  const cities = new Map(known.map((zone) => [normaliseKey(zone.slice(zone.lastIndexOf('/') + 1)), zone]))
  return cities.get(wanted) ?? nearest(wanted, known)
}
