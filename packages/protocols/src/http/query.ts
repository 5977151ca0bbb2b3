import { setOwn } from './header-map.ts'

/** The arguments of a query string (`application/x-www-form-urlencoded`); of a repeated name the last one counts. Never fails. */
export function parseQuery(query: string): Record<string, string> {
  const fields: Record<string, string> = {}
  if (query === '') return fields
  for (const [name, value] of new URLSearchParams(query)) setOwn(fields, name, value)
  return fields
}
