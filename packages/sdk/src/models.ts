import type { Context } from './context.ts'
import type { InputTensor, OutputValue, TensorDatatype, TensorsOptions } from './inference.ts'

// Marks errors across copies of the sdk.
const modelErrorBrand: unique symbol = Symbol.for('pelton.modelError') as never

/** The context of functions that have models: `spec.models`. */
export interface ModelsContext extends Context {
  models: Models
}

/** Models by their names in `spec.models`. It has no other members; a name that is not there is undefined. */
export type Models = Readonly<Record<string, Model>>

/** A model that runs beside the function. */
export interface Model {
  readonly name: string
  readonly version: string
  /** What runs it: `onnx_onnxruntime`. */
  readonly platform: string
  /** What it takes, as its file says. */
  readonly inputs: readonly ModelTensor[]
  /** What it gives. */
  readonly outputs: readonly ModelTensor[]
  /**
   * Runs it on these inputs, which are copied now, and gives its outputs by name; their arrays are the caller's. Rejects with `TypeError` for what is
   * no tensor, or no input or output of the model, before anything is sent; with `ModelError` for what the model refuses or fails at.
   */
  run: (inputs: Readonly<Record<string, ModelInput>>, options?: RunOptions) => Promise<ModelResult>
}

/** A tensor that a model takes or gives. */
export interface ModelTensor {
  readonly name: string
  readonly datatype: TensorDatatype
  /** Its sizes; -1 is any size, no size at all a scalar. */
  readonly shape: readonly number[]
}

/**
 * An input. What it does not say itself, the model's declaration does: a list has its datatype; a typed array has the datatype of its type, or that of
 * the declaration when the array can hold it (BOOL in a `Uint8Array`, FP16 from a `Float32Array`). Its shape is the declared one, with a free size
 * from the number of elements, where that fits, otherwise their number.
 */
export type ModelInput = OutputValue

/** How a model is run. */
export interface RunOptions {
  /** Names of the outputs that are wanted; absent: all. Others are not computed where the model allows that. */
  outputs?: readonly string[]
  parameters?: NonNullable<TensorsOptions['parameters']>
}

/** Outputs by name; each can be given to another model, or to `context.tensors.response`, as it is. */
export type ModelResult = Readonly<Record<string, InputTensor>>

/** Why a model gave nothing: `message` has its own words. `instanceof` knows those of other copies of the sdk as well. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  /** As an HTTP status: 400 when the inputs do not fit the model, 5xx when it failed or nothing was free to run it. */
  readonly status: number
  /** Of Pelton's error, where there is one: `call_timed_out`. */
  readonly code: string | undefined
  readonly [modelErrorBrand] = true

  constructor(status: number, message: string, { code, cause }: { code?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.code = code
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && modelErrorBrand in value
  }
}
