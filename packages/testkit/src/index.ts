export { FakeClock } from './fake-clock.ts'
export { type GivenSettings, type TriggerUnderTest, describeTrigger, triggerSettings } from './describe-trigger.ts'
export {
  type FakeDispatch,
  FakeTriggerContext,
  type FakeTriggerContextOptions,
  handled,
} from './fake-trigger-context.ts'
export { RawClient, connectRaw } from './raw-http.ts'
export { type Patience, waitUntil, within } from './wait-until.ts'
export { type Cleanup, createTempFolder, writeFiles } from './temp-folder.ts'
export { type RuntimeUnderTest, describeRuntime } from './describe-runtime.ts'
export { describeSink } from './describe-sink.ts'
export { type SinkTarget, type SinkUnderTest, createShared, createSink, sinkItem } from './sink-under-test.ts'
export { type ListeningSink, openListeningSink } from './open-listening-sink.ts'
export { eventData } from './event-data.ts'
export { watchForLeaks } from './leak-check.ts'
export { findFreePort, holdPort } from './free-port.ts'
export { testCertificate } from './test-certificate.ts'
export { type HttpServerOptions, startHttpServer } from './start-http-server.ts'
export { type PullingTrigger, runPullingTrigger } from './run-pulling-trigger.ts'
export { type StartedTrigger, startTrigger } from './start-trigger.ts'
export { type WebSocketClient, connectClient } from './websocket-client.ts'
export { type EnvoyOptions, type RunningEnvoy, startEnvoy } from './start-envoy.ts'
export { type ExtProcClient, type ExtProcStream, connectExtProc } from './ext-proc-client.ts'
export type { ExtProcFacts, ExtProcHeaders, ExtProcPart, ExtProcReply } from './ext-proc-messages.ts'
export {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
  onnxModel,
} from './onnx-model.ts'
export { busyModel, identityModel, linearModel, scalarModel, sumModel } from './tiny-models.ts'
