/** The hashes that are known here (RFC 7616 §3.3); each also as `-sess`. */
export type DigestAlgorithm = 'MD5' | 'SHA-256'

/** What a digest is made of; `uri` and `method` as the request has them. */
export interface DigestFacts {
  algorithm: DigestAlgorithm
  /** The hash of the credentials covers the nonces too. */
  isSession: boolean
  username: string
  password: string
  realm: string
  nonce: string
  method: string
  uri: string
  /** Absent where the server asks for no `qop` (RFC 2069). */
  quality?: { cnonce: string; /** Eight hexadecimal digits. */ count: string } | undefined
}

/** The `response` of a digest in hexadecimal digits (RFC 7616 §3.4.1, with `qop=auth` or without). */
export function digestResponse(facts: DigestFacts): string {
  const { algorithm, nonce, quality } = facts
  const hash = (text: string): string => hashText(algorithm, text)
  const user = hash(`${facts.username}:${facts.realm}:${facts.password}`)
  const secret = facts.isSession ? hash(`${user}:${nonce}:${quality?.cnonce ?? ''}`) : user
  const request = hash(`${facts.method}:${facts.uri}`)
  if (!quality) return hash(`${secret}:${nonce}:${request}`)
  return hash(`${secret}:${nonce}:${quality.count}:${quality.cnonce}:auth:${request}`)
}

/** Reads `algorithm`, in any letter case; undefined for one that is not known here. A missing one is MD5. */
export function readAlgorithm(
  name: string | undefined,
): { algorithm: DigestAlgorithm; isSession: boolean } | undefined {
  const [, hash, session] = /^(md5|sha-256)(-sess)?$/i.exec(name ?? 'MD5') ?? []
  if (hash === undefined) return undefined
  return { algorithm: hash.toUpperCase() as DigestAlgorithm, isSession: session !== undefined }
}

/** In quotes, as a parameter's value. */
export function quoteValue(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

function hashText(algorithm: DigestAlgorithm, text: string): string {
  // Loaded only here: most functions never prove who they are.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex')
}
