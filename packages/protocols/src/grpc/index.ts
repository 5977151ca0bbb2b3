export { type GrpcLimits, defaultGrpcLimits } from './grpc-limits.ts'
export { type GrpcServer, type GrpcServerOptions, serveGrpc } from './grpc-server.ts'
export {
  type GrpcCall,
  GrpcError,
  type GrpcMethod,
  type GrpcService,
  type GrpcStatus,
  type GrpcStream,
  type StreamListener,
  type StreamMethod,
  type UnaryMethod,
  grpcCode,
} from './grpc-service.ts'
export type { HealthSource } from './health.ts'
export type { Http2Tls as GrpcTls } from '../http2/http2-listener.ts'
