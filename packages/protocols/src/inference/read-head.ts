import type { JsonReader } from './json-reader.ts'
import { readParameters } from './read-parameters.ts'
import type { Parameters } from './tensor.ts'

/** What requests and responses have in common. */
export interface Head {
  modelName: string
  modelVersion: string
  id: string
  parameters: Parameters
}

/** A head that says nothing. */
export function emptyHead(): Head {
  return { modelName: '', modelVersion: '', id: '', parameters: {} }
}

/** Reads the value of `key` into `head`; false when it is none of its members. null is as good as absent. */
export function readHeadMember(reader: JsonReader, key: string, head: Head): boolean {
  if (key === 'id') head.id = readText(reader, key)
  else if (key === 'model_name') head.modelName = readText(reader, key)
  else if (key === 'model_version') head.modelVersion = readText(reader, key)
  else if (key === 'parameters') head.parameters = readParameters(reader)
  else return false
  return true
}

function readText(reader: JsonReader, key: string): string {
  return reader.takesNull() ? '' : reader.text(key)
}
