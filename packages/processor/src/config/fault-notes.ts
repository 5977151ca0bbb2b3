import { type Compat, type Path, type SchemaFault, formatPath } from '@pelton/core'
import type { ConfigFault } from './config-fault.ts'
import { type PlacedValue, placeOf } from './placed-value.ts'

/** Names the place of overrides in faults. */
export const overrideFile = '--set'

/** What a note may add. */
interface NoteOptions {
  at?: 'key' | 'value'
  suggestion?: string | undefined
}

/** Gathers the faults of one configuration, each with its file and line. */
export interface FaultNotes {
  readonly faults: ConfigFault[]
  error(path: Path, message: string, options?: NoteOptions): void
  warning(path: Path, message: string, options?: NoteOptions): void
  /** Unknown keys only warn in nuclio files, as a cluster may know them; on the command line they never do. */
  addSchemaFaults(faults: readonly SchemaFault[]): void
  hasErrors(): boolean
}

/** Notes for one configuration, with whose rules it follows. */
export function createFaultNotes(placed: PlacedValue, compat: Compat): FaultNotes {
  const faults: ConfigFault[] = []
  const add = (severity: ConfigFault['severity'], path: Path, message: string, options: NoteOptions = {}): void => {
    const { at = 'value', suggestion } = options
    const place = placeOf(placed, path, at)
    faults.push({ severity, ...place, path: formatPath(path), message, ...(suggestion ? { suggestion } : {}) })
  }
  return {
    faults,
    error: (path, message, options) => add('error', path, message, options),
    warning: (path, message, options) => add('warning', path, message, options),
    addSchemaFaults(found) {
      for (const fault of found) {
        const isMild = fault.code === 'unknown_key' && compat !== 'none'
        const isTyped = placeOf(placed, fault.path, 'key').file === overrideFile
        add(isMild && !isTyped ? 'warning' : 'error', fault.path, fault.message, fault)
      }
    },
    hasErrors: () => faults.some((fault) => fault.severity === 'error'),
  }
}
