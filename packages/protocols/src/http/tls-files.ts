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

async function read(attribute: keyof TlsFiles, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw errors.tls_unreadable({ attribute, path, reason: (error as Error).message }, error)
  }
}
