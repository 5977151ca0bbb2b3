import type { Datatype } from '@pelton/protocols/inference'
import { onnxModel } from './onnx-model.ts'

type Shape = readonly (number | string)[]

/** `y` is `x`, for every datatype. */
export function identityModel(datatype: Datatype = 'FP32', shape: Shape = ['rows', 4]): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', datatype, shape }],
    outputs: [{ name: 'y', datatype, shape }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
}

/** Two inputs: `sum` is `a` + `b`, `difference` is `a` − `b`. ONNX Runtime has it for FP32, FP64, INT32, INT64 and others. */
export function sumModel(datatype: Datatype = 'FP32', shape: Shape = ['rows', 4]): Buffer {
  const value = (name: string) => ({ name, datatype, shape })
  return onnxModel({
    inputs: [value('a'), value('b')],
    outputs: [value('sum'), value('difference')],
    nodes: [
      { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
      { op: 'Sub', inputs: ['a', 'b'], outputs: ['difference'] },
    ],
  })
}

/** `y` is the sum of two scalars, `a` and `b`. */
export function scalarModel(datatype: Datatype = 'FP32'): Buffer {
  const value = (name: string) => ({ name, datatype, shape: [] })
  return onnxModel({
    inputs: [value('a'), value('b')],
    outputs: [value('y')],
    nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
  })
}

/** `y` = `x`·W + b in FP32 with a free number of rows; `weights` has a row for each column of `x`. */
export function linearModel(weights: readonly (readonly number[])[], bias: readonly number[]): Buffer {
  const [columns, outputs] = [weights.length, bias.length]
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['rows', columns] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['rows', outputs] }],
    nodes: [{ op: 'Gemm', inputs: ['x', 'W', 'b'], outputs: ['y'] }],
    initializers: [
      { name: 'W', datatype: 'FP32', shape: [columns, outputs], data: Float32Array.from(weights.flat()) },
      { name: 'b', datatype: 'FP32', shape: [outputs], data: Float32Array.from(bias) },
    ],
  })
}

/** Counts in a loop: `y` is `rounds`, an INT64 scalar that says how long it takes, about a microsecond each. */
export function busyModel(): Buffer {
  const count = (name: string) => ({ name, datatype: 'INT64' as const, shape: [] })
  const condition = (name: string) => ({ name, datatype: 'BOOL' as const, shape: [] })
  const body = {
    inputs: [count('round'), condition('going'), count('before')],
    outputs: [condition('goes'), count('after')],
    nodes: [
      { op: 'Identity', inputs: ['going'], outputs: ['goes'] },
      { op: 'Add', inputs: ['before', 'one'], outputs: ['after'] },
    ],
  }
  const constant = (name: string, value: bigint) => ({ ...count(name), data: BigInt64Array.of(value) })
  return onnxModel({
    inputs: [count('rounds')],
    outputs: [count('y')],
    nodes: [{ op: 'Loop', inputs: ['rounds', '', 'zero'], outputs: ['y'], attributes: { body: { graph: body } } }],
    initializers: [constant('zero', 0n), constant('one', 1n)],
  })
}
