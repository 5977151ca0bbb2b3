import type { HeaderMap } from '@pelton/core'

/** A header's values as one list (RFC 9110 §5.3); empty without the header. */
export function joinHeader(headers: HeaderMap, name: string): string {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

/** The members of a list, without the blanks around them and without empty ones. */
export function splitList(value: string, separator = ','): string[] {
  return value
    .split(separator)
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

/** Whether a list has a member, in any letter case. */
export function hasMember(value: string, member: string): boolean {
  return splitList(value).some((candidate) => candidate.toLowerCase() === member)
}
