import { type Schema, formatPath, quote } from '@pelton/core'
import type { ConfigFault } from './config-fault.ts'
import { overrideFile } from './fault-notes.ts'
import { parseYaml } from './parse-yaml.ts'
import { type PlacedValue, getOwn, isRecord, setPlaced } from './placed-value.ts'
import { canonicalKey, schemaUnder, writtenKey } from './schema-keys.ts'

const maxSteps = 32

/** One step of a path: a plain word, `[0]`, or anything in double quotes. */
const step = /^(?:"([^"]*)"|\[(\d{1,6})\]|([^."[\]]+))/

/**
 * Puts `spec.x.y=value` settings over a configuration, in place. The value is YAML (`true`, `[a, b]`, `{a: 1}`), an empty one
 * unsets; keys match as in the file. Faults name `--set` and the path.
 */
export async function applyOverrides(
  placed: PlacedValue,
  settings: readonly string[],
  schema: Schema,
): Promise<ConfigFault[]> {
  const faults: ConfigFault[] = []
  for (const setting of settings) faults.push(...(await applyOne(placed, setting, schema)))
  return faults
}

async function applyOne(placed: PlacedValue, setting: string, schema: Schema): Promise<ConfigFault[]> {
  const equals = setting.indexOf('=')
  const steps = equals === -1 ? undefined : readSteps(setting.slice(0, equals).trim())
  if (!steps) return [fault('', `expected path=value such as spec.eventTimeout=5s, got ${quote(setting, 60)}`)]
  const source = { file: overrideFile, places: placed.places, firstLine: undefined }
  const { value, faults } = await parseYaml(setting.slice(equals + 1), source)
  const path = formatPath(steps)
  if (faults.length > 0) return faults.map((one) => ({ ...one, path }))
  const message = assign(placed, steps, value, schema)
  return message === undefined ? [] : [fault(path, message)]
}

function fault(path: string, message: string): ConfigFault {
  return { severity: 'error', file: overrideFile, path, message }
}

function readSteps(text: string): (string | number)[] | undefined {
  const steps: (string | number)[] = []
  let rest = text
  while (rest !== '') {
    const match = step.exec(rest)
    if (!match || steps.length >= maxSteps) return undefined
    const [all, quoted, index, word = ''] = match
    steps.push(index === undefined ? (quoted ?? word) : Number(index))
    rest = rest.slice(all.length)
    if (rest.startsWith('.') && rest.length > 1) rest = rest.slice(1)
    else if (rest !== '' && !rest.startsWith('[')) return undefined
  }
  return steps.length > 0 ? steps : undefined
}

/** Walks to the last step, making objects where there are none; gives what is in the way, if something is. */
function assign(
  placed: PlacedValue,
  steps: readonly (string | number)[],
  value: unknown,
  root: Schema,
): string | undefined {
  placed.value ??= {}
  let container = placed.value
  let schema: Schema | undefined = root
  for (const [depth, step] of steps.entries()) {
    const key = keyIn(container, step, schema)
    if (key === undefined) return `${formatPath(steps.slice(0, depth)) || 'the file'} has no ${formatPath([step])}`
    const isLast = depth === steps.length - 1
    const next = isLast ? value : (getOwn(container, key) ?? {})
    const place =
      isLast || getOwn(container, key) === undefined
        ? { file: overrideFile }
        : placed.places.get(container as object)?.get(key)
    setPlaced(placed.places, container as Record<string, unknown>, key, { value: next, place })
    schema = schemaUnder(schema, key)
    container = next
  }
  return undefined
}

function keyIn(container: unknown, step: string | number, schema: Schema | undefined): string | number | undefined {
  if (Array.isArray(container)) {
    const index = typeof step === 'string' && /^\d{1,6}$/.test(step) ? Number(step) : step
    return typeof index === 'number' && index <= container.length ? index : undefined
  }
  if (!isRecord(container) || typeof step === 'number') return undefined
  return writtenKey(schema, container, step) ?? canonicalKey(schema, step)
}
