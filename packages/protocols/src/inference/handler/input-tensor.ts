import type { InputTensor } from '@pelton/sdk'
import { toFloat32 } from '../small-float.ts'
import type { Datatype, Tensor, TensorData } from '../tensor.ts'

/** Tensors as handlers see them, by name; their arrays are the same. A tensor may have any name, also that of a member which all objects have. */
export function tensorsByName(tensors: readonly Tensor[]): Record<string, InputTensor> {
  const named = Object.create(null) as Record<string, InputTensor>
  for (const tensor of tensors) named[tensor.name] = new Input(tensor) as InputTensor
  return named
}

class Input {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: TensorData

  constructor({ name, datatype, shape, data }: Tensor) {
    this.name = name
    this.datatype = datatype
    this.shape = shape
    this.data = data
  }

  toFloat32(): Float32Array {
    const { datatype, data } = this
    if (data instanceof Float32Array) return data
    if (datatype === 'FP16' || datatype === 'BF16') return toFloat32(datatype, data as Uint16Array)
    if (ArrayBuffer.isView(data)) return Float32Array.from(data as ArrayLike<number | bigint>, Number)
    throw new TypeError(`tensor ${JSON.stringify(this.name)} has bytes, not numbers`)
  }
}
