const secretKey = /pass|secret|token|credential|private|accesskey/i

/** A copy of a configuration in which values under telling keys are hidden. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => [key, secretKey.test(key) && isSet(of) ? '***' : maskSecrets(of)]),
  )
}

function isSet(value: unknown): boolean {
  // A switch such as `allowCredentials` holds no secret.
  return value !== undefined && value !== null && value !== '' && typeof value !== 'boolean'
}
