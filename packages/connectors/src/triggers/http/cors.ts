import type { HeaderList } from '@pelton/core'
import type { CorsConfig } from './config.ts'

/** What of a request decides; an absent header is undefined. */
export interface CorsFacts {
  method: string
  origin: string | undefined
  requestedMethod: string | undefined
  requestedHeaders: string | undefined
}

/** Answer at once and count it so, or let the handler run and add `headers` to its answer. */
export type CorsDecision =
  | { kind: 'answer'; status: number; headers: HeaderList; counts: 'success' | 'failure' }
  | { kind: 'proceed'; headers: HeaderList }

/** Decides by the Fetch standard's CORS protocol; with `strict`, nuclio's refusal of requests without a known origin. */
export type DecideCors = (facts: CorsFacts) => CorsDecision

/** Headers that a handler does not set itself where CORS is configured. */
export const corsHeaders: ReadonlySet<string> = new Set([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
])

/** Prepares the decision for one configuration. */
export function createCors(config: CorsConfig, strict: boolean): DecideCors {
  const origins = lowerCased(config.allowOrigins)
  const headers = lowerCased(config.allowHeaders)
  const methods = new Set([...config.allowMethods, 'OPTIONS'])
  const allowsMethod = (method = ''): boolean => method !== '' && (methods.has('*') || methods.has(method))
  const allowsHeader = (name: string): boolean => headers.has('*') || headers.has(name)
  const allowsOrigin = (origin: string | undefined): origin is string =>
    origin !== undefined && origin !== '' && (origins.has('*') || origins.has(origin.toLowerCase()))

  const answerPreflight = (facts: CorsFacts): CorsDecision => {
    const isAllowed =
      allowsOrigin(facts.origin) &&
      allowsMethod(facts.requestedMethod) &&
      namesIn(facts.requestedHeaders).every(allowsHeader)
    return isAllowed
      ? {
          kind: 'answer',
          status: 200,
          headers: [...vary, ...preflightHeaders(config, facts)],
          counts: 'success',
        }
      : { kind: 'answer', status: 400, headers: vary, counts: 'failure' }
  }

  return (facts) => {
    if (facts.method === 'OPTIONS' && facts.requestedMethod !== undefined) return answerPreflight(facts)
    if (allowsOrigin(facts.origin)) return { kind: 'proceed', headers: originHeaders(config, facts.origin) }
    return strict
      ? { kind: 'answer', status: 200, headers: [['Vary', 'Origin']], counts: 'failure' }
      : { kind: 'proceed', headers: [['Vary', 'Origin']] }
  }
}

const vary: HeaderList = [['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers']]

function preflightHeaders(config: CorsConfig, facts: CorsFacts): HeaderList {
  return [
    ['Access-Control-Allow-Origin', facts.origin ?? ''],
    ['Access-Control-Allow-Methods', allowed(config.allowMethods, facts.requestedMethod)],
    ['Access-Control-Allow-Headers', allowed(config.allowHeaders, facts.requestedHeaders)],
    ['Access-Control-Max-Age', String(config.preflightMaxAgeSeconds)],
    ...credentials(config),
  ]
}

/** Browsers take no `*` where credentials are sent: what was asked for is named instead. */
function allowed(names: readonly string[], requested: string | undefined): string {
  return names.includes('*') && requested ? requested : names.join(', ')
}

function originHeaders(config: CorsConfig, origin: string): HeaderList {
  const exposed: HeaderList =
    config.exposeHeaders.length > 0 ? [['Access-Control-Expose-Headers', config.exposeHeaders.join(', ')]] : []
  return [['Vary', 'Origin'], ['Access-Control-Allow-Origin', origin], ...credentials(config), ...exposed]
}

function credentials(config: CorsConfig): HeaderList {
  return config.allowCredentials ? [['Access-Control-Allow-Credentials', 'true']] : []
}

function lowerCased(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.toLowerCase()))
}

function namesIn(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}
