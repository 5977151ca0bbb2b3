import type { AttributeNote, Path, Schema } from '@pelton/core'
import type { FaultNotes } from './fault-notes.ts'
import { writtenPath } from './schema-keys.ts'

/** Attributes as they are written: where, and by which schema they are read. */
export interface WrittenAttributes {
  schema: Schema
  raw: Readonly<Record<string, unknown>>
  path: Path
}

/** Turns what a kind's `check` found into faults at the places where the attributes are written. */
export function checkTogether(found: readonly AttributeNote[], written: WrittenAttributes, notes: FaultNotes): void {
  for (const { level, path, message } of found) {
    notes[level]([...written.path, ...writtenPath(written.schema, written.raw, path)], message)
  }
}
