import path from 'node:path'
import type { ClientTlsFiles } from '@pelton/core'
import { readAuthorities, readTls } from '../http/tls-files.ts'

/** Whom to trust, and who we are; PEM texts. */
export interface ClientTls {
  ca?: string
  cert?: string
  key?: string
  rejectUnauthorized: boolean
}

/** Reads the files of an attribute `tls`, from `folder`. Rejects with `tls_unreadable` or `authorities_invalid`. */
export async function readClientTls(files: ClientTlsFiles, folder: string): Promise<ClientTls> {
  const { ca, cert, key, rejectUnauthorized } = files
  const at = (file: string): string => path.resolve(folder, file)
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: await readAuthorities(at(ca)) }),
    ...(cert === undefined || key === undefined ? {} : await readTls({ cert: at(cert), key: at(key) })),
  }
}
