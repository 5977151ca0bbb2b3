import { setOwn } from '@pelton/protocols/http'
import type { CloudEvent, CloudEventExtra } from './cloudevent.ts'

/** The attributes of CloudEvents 0.1; an absent one is empty. */
export interface Attributes01 {
  id: string
  type: string
  typeVersion: string
  version: string
  source: string
  extensions: Record<string, unknown>
}

/** What 0.1 says, for both of its forms. */
export function attributesOf01(attributes: Attributes01): CloudEvent {
  const { id, type, typeVersion, version, source, extensions } = attributes
  return {
    ...(id === '' ? {} : { id }),
    extra: { type, type_version: typeVersion, version, source, extensions },
  }
}

const known10 = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
])

/** Which of the attributes that 1.0 requires is not there (CloudEvents §REQUIRED Attributes). */
export function missingOf10(read: (name: string) => string): string | undefined {
  const version = read('specversion')
  if (!/^1\.\d+$/.test(version)) return `specversion "${version}" is not supported: 1.0 and 0.1 are`
  const missing = ['id', 'source', 'type'].filter((name) => read(name) === '')
  return missing.length > 0 ? `${missing.join(', ')} must be a text that is not empty` : undefined
}

/** What 1.0 says about an event; everything that it does not name is an extension. */
export function extensionsOf10(
  read: (name: string) => string,
  attributes: Readonly<Record<string, unknown>>,
): CloudEventExtra {
  const extensions: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (!known10.has(name)) setOwn(extensions, name.toLowerCase(), value)
  }
  const optional = (name: string): Record<string, string> => (read(name) === '' ? {} : { [name]: read(name) })
  return {
    type: read('type'),
    version: read('specversion'),
    source: read('source'),
    ...optional('subject'),
    ...optional('dataschema'),
    extensions,
  }
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

/** A time of RFC 3339; undefined for an empty text. */
export function readTime(text: string): Date | 'malformed' | undefined {
  if (text === '') return undefined
  if (!rfc3339.test(text)) return 'malformed'
  const time = new Date(text.toUpperCase().replace(' ', 'T'))
  return Number.isNaN(time.getTime()) ? 'malformed' : time
}

/** A text, or an empty one for every other value. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
