import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { indexDescriptors } from '../../grpc/descriptor-index.ts'
import { inferenceServiceName, loadInferenceDescriptors } from './service.ts'

test('the descriptors declare the service, its methods and their messages', async () => {
  const index = indexDescriptors([Buffer.from(await loadInferenceDescriptors())])
  for (const symbol of [
    inferenceServiceName,
    `${inferenceServiceName}.ModelInfer`,
    `${inferenceServiceName}.ModelStreamInfer`,
    'inference.ModelInferRequest',
    'inference.ModelInferRequest.InferInputTensor',
    'inference.ModelInferResponse',
    'inference.RepositoryIndexResponse',
    'inference.DataType',
  ]) {
    assert.ok(index.fileOfSymbol(symbol), symbol)
  }
})
