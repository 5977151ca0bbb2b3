export { checkObject, checkOptions, parametersText } from './given-options.ts'
export { inputPart } from './input-part.ts'
export { tensorsByName } from './input-tensor.ts'
export { joinParts, naming, outputPart, type TensorPart } from './tensor-part.ts'
