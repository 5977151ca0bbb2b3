import { setMember } from './struct.ts'
import type { WireReader } from './wire-reader.ts'

/** Reads a value; `before` is what the entry had already, since of several the last counts. */
export type ReadValue<V> = (reader: WireReader, key: number, before: V | undefined) => V | undefined

/** Reads an entry of a `map<string, V>` into `target`; one without a value is left out. */
export function readMapEntry<V>(
  reader: WireReader,
  key: number,
  target: Record<string, V>,
  readValue: ReadValue<V>,
): void {
  const outer = reader.enter(key)
  let name = ''
  let value: V | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field >>> 3 === 1) name = reader.interned(field)
    else if (field >>> 3 === 2) value = readValue(reader, field, value)
    else reader.skip(field)
  }
  reader.leave(outer)
  if (value !== undefined) setMember(target, name, value)
}
