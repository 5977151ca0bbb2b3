import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a token says of who shows it. */
export interface Claims {
  sub: string
  exp: number
  nbf?: number
}

/** The claims of a JWT with HS256 (RFC 7519, RFC 7518 §3.2); or why it does not count, in words for who sent it. */
export function verify(token: string, secret: string, nowSeconds: number): Claims | string {
  const [head = '', payload = '', signature = '', ...more] = token.split('.')
  if (signature === '' || more.length > 0) return 'this is no token'
  const wanted = createHmac('sha256', secret).update(`${head}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'the signature is wrong'
  // The algorithm is ours to choose, not the token's; another one is somebody's mistake.
  if (read(head)?.['alg'] !== 'HS256') return 'the algorithm is not HS256'
  const { sub, exp, nbf } = read(payload) ?? {}
  if (typeof sub !== 'string' || typeof exp !== 'number') return 'sub or exp is missing'
  if (exp <= nowSeconds) return 'the token has expired'
  if (typeof nbf === 'number' && nbf > nowSeconds) return 'the token is not valid yet'
  return { sub, exp }
}

function read(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // Signed by us and no JSON: it says nothing.
  }
}
