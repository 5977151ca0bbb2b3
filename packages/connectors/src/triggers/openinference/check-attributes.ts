import { type AttributeNote, type CheckAttributes, type CheckFacts, type Compat, type Path, quote } from '@pelton/core'
import { type ModelEntry, type OpenInferenceAttributes, modelEntries } from './config.ts'
import { defaultGrpcPort, defaultRestPort } from './listen-address.ts'
import { type Written, writtenModels, writtenTensors, writtenValue } from './models/written-models.ts'

/** Checks what the schema leaves open: what contradicts, what is there twice, and older spellings. */
export const checkAttributes: CheckAttributes<OpenInferenceAttributes> = (attributes, facts) => [
  ...endpointFaults(attributes),
  ...modelFaults(attributes),
  ...spellingNotes(facts),
]

function endpointFaults({ enable_rest, enable_grpc, rest_port, grpc_port }: OpenInferenceAttributes): AttributeNote[] {
  if (!enable_rest && !enable_grpc) {
    return [fault(['enable_rest'], 'is false, and so is enable_grpc: at least one of them must be true')]
  }
  const restPort = rest_port ?? defaultRestPort
  const isSame = enable_rest && enable_grpc && restPort !== 0 && restPort === (grpc_port ?? defaultGrpcPort)
  return isSame ? [fault(['grpc_port'], 'must not be that of rest_port: REST and gRPC need a port each')] : []
}

/** What describes the one model of a trigger without a list. */
const modelKeys = ['model_name', 'model_version', 'input_tensors', 'output_tensors'] as const

function modelFaults(attributes: OpenInferenceAttributes): AttributeNote[] {
  const { models } = attributes
  const faults: AttributeNote[] = []
  if (models) {
    for (const key of modelKeys) {
      if (attributes[key] !== undefined)
        faults.push(fault([key], 'must not stand beside models: move it into the list'))
    }
  }
  const seen = new Set<string>()
  for (const [index, entry] of modelEntries(attributes).entries()) {
    const path = models ? ['models', index] : []
    const key = JSON.stringify([entry.model_name, entry.model_version])
    if (seen.has(key)) faults.push(fault([...path, 'model_name'], `${quote(entry.model_name, 40)} is there twice`))
    seen.add(key)
    faults.push(...repeatedTensors(entry, path))
  }
  return faults
}

function repeatedTensors(entry: ModelEntry, path: Path): AttributeNote[] {
  const faults: AttributeNote[] = []
  for (const key of ['input_tensors', 'output_tensors'] as const) {
    const names = entry[key].map(({ name }) => name)
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue
      faults.push(fault([...path, key, index, 'name'], `${quote(name, 40)} is there twice`))
    }
  }
  return faults
}

function spellingNotes({ compat, written = {} }: CheckFacts): AttributeNote[] {
  return writtenModels(written).flatMap((model) => {
    const version = versionNote(model, compat)
    return version ? [version, ...datatypeNotes(model, compat)] : datatypeNotes(model, compat)
  })
}

/** An unquoted 1.0 is the number 1: where versions are compared, that is another one. */
function versionNote(model: Written, compat: Compat): AttributeNote | undefined {
  const version = writtenValue(model, 'model_version')
  if (!version || version.value === null || typeof version.value === 'string') return undefined
  const message = `must be a text: put it in quotes, since it is the ${typeof version.value} ${String(version.value)} now`
  return { level: compat === 'none' ? 'error' : 'warning', path: version.path, message }
}

/** Our keys may be spelt so; DigitalHub overlooks this one. */
function datatypeNotes(model: Written, compat: Compat): AttributeNote[] {
  if (compat === 'none') return []
  return writtenTensors(model)
    .filter(({ record }) => Object.hasOwn(record, 'data_type'))
    .map(({ path }) => {
      const message = 'is read as datatype: write that, since DigitalHub Serverless does not know data_type'
      return { level: 'warning', path: [...path, 'data_type'], message }
    })
}

function fault(path: Path, message: string): AttributeNote {
  return { level: 'error', path, message }
}
