import { readFileSync } from 'node:fs'

/** What the server says of itself. */
export interface ServerFacts {
  name: string
  version: string
  extensions: readonly string[]
}

/** Its name, the version of this package and the extensions of the protocol that it speaks. */
export function readServerFacts(): ServerFacts {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return { name: 'pelton', version, extensions: ['binary_tensor_data', 'model_repository'] }
}
