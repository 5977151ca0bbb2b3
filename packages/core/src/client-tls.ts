import type { AttributeNote } from './kind.ts'
import { type ObjectSchema, boolean, object, optional, string } from './schema/schema.ts'

/** Attribute `tls` of kinds that connect: paths of PEM files. */
export interface ClientTlsFiles {
  ca?: string
  cert?: string
  key?: string
  rejectUnauthorized: boolean
}

/** Its schema; `peers` names those whom the kind connects to, `scheme` what it is of: cameras, by https. */
export function clientTls(peers: string, scheme: string): ObjectSchema<ClientTlsFiles> {
  return object(
    {
      ca: optional(string({ minLength: 1, doc: 'Path of certificates to trust instead of the known ones, PEM' })),
      cert: optional(string({ minLength: 1, doc: 'Path of a certificate chain to show, PEM' })),
      key: optional(string({ minLength: 1, doc: 'Path of its private key, PEM' })),
      rejectUnauthorized: boolean({ default: true, doc: `Refuse ${peers} whose certificate is not trusted` }),
    },
    { default: {}, doc: `Of ${scheme}` },
  )
}

/** What the schema leaves open. */
export function checkClientTls({ cert, key }: ClientTlsFiles): AttributeNote[] {
  const message = 'needs both cert and key, or neither'
  return (cert === undefined) === (key === undefined) ? [] : [{ level: 'error', path: ['tls'], message }]
}
