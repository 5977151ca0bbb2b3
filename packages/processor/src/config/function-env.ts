import type { FaultNotes } from './fault-notes.ts'
import type { FunctionFile, PartOfFunctionFile } from './function-schema.ts'
import { isRecord } from './placed-value.ts'

type EnvEntries = FunctionFile['spec']['env']

/** What a function is told about itself. */
export interface Identity {
  name: string
  description: string
  version: string
  handler: string
}

/** The variables of `spec.env`, the last of a name winning, and nuclio's about the function, which always win. */
export function functionEnv(entries: EnvEntries, identity: Identity): Record<string, string> {
  const written = entries.filter((entry) => entry.valueFrom === undefined || entry.value !== undefined)
  return Object.fromEntries([
    ...written.map((entry) => [entry.name, entry.value ?? '']),
    ['NUCLIO_FUNCTION_NAME', identity.name],
    ['NUCLIO_FUNCTION_DESCRIPTION', identity.description],
    ['NUCLIO_FUNCTION_VERSION', identity.version],
    ['NUCLIO_FUNCTION_HANDLER', identity.handler],
    ['NUCLIO_HANDLER', identity.handler],
  ])
}

/** Warns of variables that only a cluster can resolve. */
export function noteUnresolvedEnv(spec: NonNullable<PartOfFunctionFile['spec']>, notes: FaultNotes): void {
  for (const [index, entry] of (spec.env ?? []).entries()) {
    if (entry.valueFrom === undefined || entry.value !== undefined) continue
    const source = isRecord(entry.valueFrom) ? Object.keys(entry.valueFrom)[0] : undefined
    const from = source === undefined ? 'the cluster' : `the cluster's ${source.slice(0, 40)}`
    const message = `${entry.name} comes from ${from} and is not set here; give it by the environment or an env file`
    notes.warning(['spec', 'env', index, 'valueFrom'], message)
  }
  if (spec.envFrom?.length) {
    notes.warning(['spec', 'envFrom'], 'is not read here; give the variables by the environment or an env file')
  }
}
