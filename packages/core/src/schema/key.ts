/** The form in which keys are compared: any letter case, `snake_case` equal to `camelCase`. */
export function normaliseKey(key: string): string {
  return key.replaceAll('_', '').toLowerCase()
}

/** Spells a known key the way a file spells its own: `max_body` for `maxBody` in a file of snake_case keys. */
export function spellLike(known: string, written: string): string {
  const isSnake = written.includes('_') && written === written.toLowerCase()
  if (!isSnake || known.includes('_')) return known
  return known.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
}
