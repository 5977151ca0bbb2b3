import type { CreateHandlerSide, ViewEvent } from '@pelton/core'
import type { Tensors } from '@pelton/sdk'
import { InferenceView } from './handler-event.ts'
import { responseOf } from './handler-response.ts'

/** Makes `context.tensors`. It calls nothing: it makes results, which the trigger reads. */
export const createHandlerSide: CreateHandlerSide = () => ({ response: responseOf }) satisfies Tensors

/** Gives events their tensors, and the request as JSON for a body. */
export const viewEvent: ViewEvent = (event) => new InferenceView(event)
