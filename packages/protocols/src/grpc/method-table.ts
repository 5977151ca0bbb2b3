import type { GrpcService, StreamMethod } from './grpc-service.ts'
import { streamed } from './unary-call.ts'

/** Methods by their path, `/package.Service/Method`. */
export type MethodTable = ReadonlyMap<string, StreamMethod>

/** All methods of the services, those of one message each way as streams. */
export function createMethodTable(services: readonly GrpcService[], onFault: (error: unknown) => void): MethodTable {
  const table = new Map<string, StreamMethod>()
  for (const { name, methods } of services) {
    for (const [method, how] of Object.entries(methods)) {
      table.set(`/${name}/${method}`, how.kind === 'unary' ? streamed(how, onFault) : how)
    }
  }
  return table
}
