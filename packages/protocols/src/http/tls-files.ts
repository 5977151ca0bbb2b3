import { readFile } from 'node:fs/promises'
import { errors } from '../errors.ts'

/** Paths of a certificate chain and its private key, both PEM. */
export interface TlsFiles {
  cert: string
  key: string
}

/** Reads both files. Rejects with `tls_unreadable`, naming the one that failed. */
export async function readTls(files: TlsFiles): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([read('cert', files.cert), read('key', files.key)])
  return { cert, key }
}

/**
 * Reads a PEM file of certificates that a client is to trust. Rejects with `tls_unreadable`, or with
 * `authorities_invalid` when it holds none.
 */
export async function readAuthorities(path: string): Promise<string> {
  const ca = await read('ca', path)
  try {
    // Loaded only here: no listener needs it at its start.
    const { X509Certificate } = process.getBuiltinModule('node:crypto')
    void new X509Certificate(ca)
    return ca
  } catch (error) {
    throw errors.authorities_invalid({ path, reason: (error as Error).message }, error)
  }
}

async function read(attribute: keyof TlsFiles | 'ca', path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw errors.tls_unreadable({ attribute, path, reason: (error as Error).message }, error)
  }
}
