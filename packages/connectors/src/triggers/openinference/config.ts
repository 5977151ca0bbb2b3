import { type Static, schema } from '@pelton/core'
import type { Datatype } from '@pelton/protocols/inference'

const { boolean, choice, integer, list, object, optional, size, string } = schema

/** What the codec knows; named here so that reading a file loads no codec. */
const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BF16',
  'BYTES',
] as const satisfies readonly Datatype[]

const tensor = object({
  name: string({ minLength: 1, doc: 'Name of the tensor, once in its list' }),
  datatype: choice(datatypes, { doc: 'Datatype of its elements' }),
  shape: list(integer({ min: -1, max: 2 ** 31 - 1 }), { doc: 'Its sizes; -1 is any size, no size at all a scalar' }),
})

const inputDoc = 'What the model takes: requests are held to it. Without it anything goes'
const outputDoc = 'What the model gives: answers are held to it, except on Kubernetes'
/** A number has no trailing zeros: `check` refuses it outside nuclio files. */
const version = { acceptsScalars: true, minLength: 1 } as const

const model = object({
  model_name: string({ minLength: 1, doc: 'Name of the model, as clients ask for it' }),
  model_version: string({ ...version, default: '1', doc: 'Its version' }),
  input_tensors: list(tensor, { default: [], doc: inputDoc }),
  output_tensors: list(tensor, { default: [], doc: outputDoc }),
})

/** Attributes of the openinference trigger. */
export const attributes = object({
  model_name: optional(string({ minLength: 1, doc: 'Name of the model, as clients ask for it. Default model' })),
  model_version: optional(string({ ...version, doc: 'Its version, in quotes. Default 1' })),
  input_tensors: optional(list(tensor, { doc: inputDoc })),
  output_tensors: optional(list(tensor, { doc: outputDoc })),
  models: optional(
    list(model, {
      minItems: 1,
      doc: 'Several models of one handler, each with the four keys above; these then stand nowhere else',
    }),
  ),
  model_control: optional(boolean({ doc: 'Let clients load and unload models. Default true, on Kubernetes false' })),
  enable_rest: boolean({ default: true, doc: 'Serve the protocol by REST' }),
  rest_port: optional(
    integer({
      min: 0,
      max: 65_535,
      doc: 'Port of REST, which may be that of other HTTP triggers; 0 takes a free one. Default 8080, or a free one when that is taken',
    }),
  ),
  enable_grpc: boolean({ default: true, doc: 'Serve the protocol by gRPC' }),
  grpc_port: optional(
    integer({
      min: 0,
      max: 65_535,
      doc: 'Port of gRPC; 0 takes a free one. Default 9000, or a free one when that is taken',
    }),
  ),
  max_body_bytes: size({
    default: 64 << 20,
    min: 1,
    max: 2 ** 30,
    doc: 'Most bytes of a request, and of a gRPC answer; more is a 413, or RESOURCE_EXHAUSTED',
  }),
  tls: optional(
    object(
      {
        cert: string({ minLength: 1, doc: 'Path of the certificate chain, PEM' }),
        key: string({ minLength: 1, doc: 'Path of its private key, PEM' }),
      },
      { doc: 'Serve HTTPS, and gRPC over TLS' },
    ),
  ),
})

/** The decoded attributes. */
export type OpenInferenceAttributes = Static<typeof attributes>

/** A model as it is configured. */
export type ModelEntry = Static<typeof model>

/** The models that are served: those of the list, or the one at the top with its defaults. */
export function modelEntries(given: OpenInferenceAttributes): readonly ModelEntry[] {
  if (given.models) return given.models
  const { model_name = 'model', model_version = '1', input_tensors = [], output_tensors = [] } = given
  return [{ model_name, model_version, input_tensors, output_tensors }]
}
