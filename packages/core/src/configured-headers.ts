import type { AttributeNote } from './kind.ts'

const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * What a schema leaves open of attribute `headers`, for kinds that make requests: names and values that can be sent
 * (RFC 9110 §5), each name once, in any letter case, and none that `own` has, in lower case: the kind sets those itself.
 */
export function checkConfiguredHeaders(
  headers: Readonly<Record<string, string>>,
  own: ReadonlySet<string>,
): AttributeNote[] {
  const seen = new Set<string>()
  return Object.entries(headers).flatMap(([name, value]): AttributeNote[] => {
    const lower = name.toLowerCase()
    const message = seen.has(lower) ? 'says the same as another header' : faultOf(lower, value, own)
    seen.add(lower)
    return message === undefined ? [] : [{ level: 'error', path: ['headers', name], message }]
  })
}

function faultOf(name: string, value: string, own: ReadonlySet<string>): string | undefined {
  if (!token.test(name)) return 'is no name of a header'
  if (own.has(name)) return 'must not be set: it is set for each request'
  return fieldValue.test(value) ? undefined : 'holds characters that no header may have'
}
