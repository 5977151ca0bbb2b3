import { createHmac } from 'node:crypto'
import type { Bytes } from '@pelton/core'

/** Value of `X-Signature`: `t` is the time in Unix seconds, `v1` the HMAC-SHA256, in hex, of `t`, a full stop and the body. */
export function signBody(secret: string, body: Bytes, wallMs: number): string {
  const time = Math.floor(wallMs / 1000)
  const digest = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
  return `t=${time},v1=${digest}`
}
