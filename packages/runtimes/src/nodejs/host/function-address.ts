import type { FunctionFacts } from '@pelton/core'

/** Where addresses of functions come from. */
export interface AddressSources {
  facts: Pick<FunctionFacts, 'namespace' | 'functions'>
  env: Readonly<Record<string, string | undefined>>
}

/**
 * The base URL of a function: its entry in the address map, `PELTON_FUNCTION_<NAME>_URL`, else where nuclio has it:
 * `nuclio-<name>` on Kubernetes, `nuclio-<namespace>-<name>` elsewhere, port 8080.
 */
export function functionAddress(name: string, { facts, env }: AddressSources): string {
  if (Object.hasOwn(facts.functions, name) && facts.functions[name]) return facts.functions[name]
  const named = env[`PELTON_FUNCTION_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_URL`]
  if (named) return named
  const host = env.KUBERNETES_SERVICE_HOST ? `nuclio-${name}` : `nuclio-${facts.namespace}-${name}`
  return `http://${host}:8080`
}

/** A base URL joined with the path of a call; undefined when they make no http address. */
export function callUrl(base: string, path: string): URL | undefined {
  const root = /^[a-z]+:\/\//i.test(base) ? base : `http://${base}`
  const url = URL.parse(`${root.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}
