import { type ListenAddress, type TriggerSettings, parseServerAddress } from '@pelton/core'
import { errors } from '../../errors.ts'
import type { OpenInferenceAttributes } from './config.ts'

type Settings = Pick<
  TriggerSettings<OpenInferenceAttributes>,
  'name' | 'url' | 'attributes' | 'kubernetes' | 'takenPorts'
>

/** Where REST is served unless the file says otherwise. */
export const defaultRestPort = 8080
/** Where gRPC is served unless the file says otherwise. */
export const defaultGrpcPort = 9000

/**
 * Where REST is served: `/v2` and all below it, on the port of the trigger's `url`, else `rest_port`; on all interfaces unless the
 * `url` has a host. Undefined when it is not served. Throws `address_invalid`.
 */
export function restAddress(settings: Settings): ListenAddress | undefined {
  const { enable_rest, rest_port } = settings.attributes
  if (!enable_rest) return undefined
  const { host, port = rest_port } = parseUrl(settings)
  // A pod's port is agreed upon by others: it never moves.
  const configured = port !== undefined || settings.kubernetes
  const yields = !configured && settings.takenPorts?.includes(defaultRestPort) === true
  return { host, port: yields ? 0 : (port ?? defaultRestPort), path: '/v2/*', configured }
}

/** Where gRPC is served: on `grpc_port`, by default 9000; undefined when it is not. Throws `address_invalid`. */
export function grpcAddress(settings: Settings): ListenAddress | undefined {
  const { enable_grpc, grpc_port } = settings.attributes
  if (!enable_grpc) return undefined
  const configured = grpc_port !== undefined || settings.kubernetes
  return { host: parseUrl(settings).host, port: grpc_port ?? defaultGrpcPort, path: '*', configured }
}

/** All that the trigger is going to bind: REST first. */
export function listenAddresses(settings: Settings): ListenAddress[] {
  return [restAddress(settings), grpcAddress(settings)].filter((address) => address !== undefined)
}

function parseUrl({ name, url = '' }: Settings): { host: string; port?: number } {
  const address = parseServerAddress(url)
  if (!address) throw errors.address_invalid({ trigger: name, url })
  return address
}
