export type { ConfigFault } from './config/config-fault.ts'
export type { FunctionConfig, PlatformConfig, TriggerConfig } from './config/function-config.ts'
export type { Processor, ProcessorOptions, ProcessorStatus, TriggerStatus } from './processor.ts'
