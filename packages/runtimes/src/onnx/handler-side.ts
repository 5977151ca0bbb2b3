import type { CallTrigger, CreateHandlerSide, ModelFacts } from '@pelton/core'
import type { TensorMetadata } from '@pelton/protocols/inference'
import type { Model, Models, ModelTensor } from '@pelton/sdk'
import { runCall } from './run-call.ts'
import { readRun } from './run-result.ts'

/** Makes `context.models` of the models that the facts describe. */
export const createHandlerSide: CreateHandlerSide = (call, facts) => {
  // A model may have any name, also that of a member which all objects have.
  const models = Object.create(null) as Record<string, Model>
  for (const model of facts as readonly ModelFacts[]) models[model.name] = createModel(call, model)
  return models satisfies Models
}

function createModel(call: CallTrigger, { name, version, platform, inputs, outputs }: ModelFacts): Model {
  const declared = {
    name,
    inputs: new Map((inputs as readonly TensorMetadata[]).map((input) => [input.name, input])),
    outputs: new Set(outputs.map((output) => output.name)),
  }
  return {
    name,
    version,
    platform,
    inputs: inputs as readonly ModelTensor[],
    outputs: outputs as readonly ModelTensor[],
    async run(given, options) {
      const { payload, body } = runCall(declared, given, options)
      return readRun(name, call('models.run', payload, body))
    },
  }
}
