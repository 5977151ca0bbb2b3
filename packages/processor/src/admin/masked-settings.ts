import type { Schema } from '@pelton/core'
import { schemaUnder } from '../config/schema-keys.ts'

const secretKey = /pass|secret|token|credential|private|access-?key|api[-_]?key|authorization|cookie/i

/**
 * A copy of a configuration in which values under telling keys are hidden, those that the schema calls secret, and
 * passwords in addresses.
 */
export function maskSecrets(value: unknown, schema?: Schema): unknown {
  if (schema?.secret && isSet(value)) return '***'
  if (typeof value === 'string') return value.replace(/(\/\/[^/\s:@]*):[^/\s]+@/g, '$1:***@')
  if (Array.isArray(value)) return value.map((item, index) => maskSecrets(item, schema && schemaUnder(schema, index)))
  if (typeof value !== 'object' || value === null) return value
  const masked = (key: string, of: unknown): unknown =>
    secretKey.test(key) && isSet(of) ? '***' : maskSecrets(of, schema && schemaUnder(schema, key))
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, masked(key, of)]))
}

function isSet(value: unknown): boolean {
  // A switch such as `allowCredentials` holds no secret.
  return value !== undefined && value !== null && value !== '' && typeof value !== 'boolean'
}
