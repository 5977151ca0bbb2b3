import { type Compat, normaliseKey, quote } from '@pelton/core'
import { isRecord } from './placed-value.ts'

/** Whose rules a file follows, and what is wrong with how it says so. */
export interface CompatReading {
  compat: Compat
  faults: { path: string[]; message: string; isMild: boolean }[]
}

/** `none` for `apiVersion: pelton/v1`, `nuclio` for its own and for files that name none; `spec.compat` overrides both. */
export function readCompat(value: unknown): CompatReading {
  const faults: CompatReading['faults'] = []
  const version = entryOf(value, 'apiVersion')
  const isPelton = version?.value === 'pelton/v1'
  const isNuclio =
    version === undefined || (typeof version.value === 'string' && version.value.startsWith('nuclio.io/'))
  if (version && !isPelton && !isNuclio) {
    const got = typeof version.value === 'string' ? quote(version.value, 40) : typeof version.value
    faults.push({ path: [version.key], message: `expected pelton/v1 or nuclio.io/v1, got ${got}`, isMild: false })
  }
  const kind = entryOf(value, 'kind')
  const kinds = isPelton ? ['Function'] : ['NuclioFunction', 'Function']
  if (kind && typeof kind.value === 'string' && !kinds.includes(kind.value)) {
    faults.push({ path: [kind.key], message: `expected ${kinds[0]}, got ${quote(kind.value, 40)}`, isMild: !isPelton })
  }
  const explicit = entryOf(entryOf(value, 'spec')?.value, 'compat')?.value
  return { compat: asCompat(explicit) ?? (isPelton ? 'none' : 'nuclio'), faults }
}

function asCompat(value: unknown): Compat | undefined {
  const lower = typeof value === 'string' ? value.toLowerCase() : undefined
  return (['none', 'nuclio', 'digitalhub'] as const).find((compat) => compat === lower)
}

function entryOf(value: unknown, name: string): { key: string; value: unknown } | undefined {
  if (!isRecord(value)) return undefined
  const key = Object.keys(value).find((one) => normaliseKey(one) === normaliseKey(name))
  if (key === undefined || value[key] === null) return undefined
  return { key, value: value[key] }
}
