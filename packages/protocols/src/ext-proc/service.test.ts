import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { indexDescriptors } from '../grpc/descriptor-index.ts'
import { extProcServiceName, loadDescriptors } from './service.ts'

test('the descriptors declare the service, its method and its messages', async () => {
  const index = indexDescriptors([Buffer.from(await loadDescriptors())])
  for (const symbol of [
    extProcServiceName,
    `${extProcServiceName}.Process`,
    'envoy.service.ext_proc.v3.ProcessingRequest',
    'envoy.service.ext_proc.v3.ProcessingResponse',
    'google.protobuf.Struct',
  ]) {
    assert.ok(index.fileOfSymbol(symbol), symbol)
  }
})
