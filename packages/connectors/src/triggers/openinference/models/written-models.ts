import { type Path, normaliseKey } from '@pelton/core'

/** A record of the file, at its path below the attributes. */
export interface Written {
  path: Path
  record: Readonly<Record<string, unknown>>
}

/** The models as the file has them, that at the top first. */
export function writtenModels(attributes: Readonly<Record<string, unknown>>): Written[] {
  return [{ path: [], record: attributes }, ...recordsUnder({ path: [], record: attributes }, 'models')]
}

/** The tensors of a model as the file has them. */
export function writtenTensors(model: Written): Written[] {
  return ['input_tensors', 'output_tensors'].flatMap((key) => recordsUnder(model, key))
}

/** The value of a key in any of its spellings, under the one that is written. */
export function writtenValue({ path, record }: Written, wanted: string): { path: Path; value: unknown } | undefined {
  const key = Object.keys(record).find((one) => normaliseKey(one) === normaliseKey(wanted))
  return key === undefined ? undefined : { path: [...path, key], value: record[key] }
}

function recordsUnder(written: Written, key: string): Written[] {
  const found = writtenValue(written, key)
  if (!found || !Array.isArray(found.value)) return []
  return found.value.flatMap((value: unknown, index) =>
    isRecord(value) ? [{ path: [...found.path, index], record: value }] : [],
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
