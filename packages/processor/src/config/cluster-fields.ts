import { schema } from '@pelton/core'

const { any, boolean, integer, list, map, object, optional, string } = schema

const ignored = { ignored: true }
const anything = optional(any(ignored))
const text = optional(string({ ...ignored, acceptsScalars: true }))
const flag = optional(boolean(ignored))
const whole = optional(integer(ignored))
const texts = optional(list(string({ acceptsScalars: true }), ignored))
const anyList = optional(list(any(), ignored))

/** Fields of `spec` that a cluster or a builder uses: accepted and kept, and loose where they are Kubernetes objects. */
export const clusterFields = {
  alias: text,
  publish: flag,
  disable: flag,
  resources: anything,
  replicas: whole,
  minReplicas: whole,
  maxReplicas: whole,
  targetCPU: whole,
  customScalingMetricSpecs: anyList,
  autoScaleMetrics: anyList,
  scaleToZero: anything,
  dataBindings: optional(map(any(), ignored)),
  volumes: anyList,
  runRegistry: text,
  image: text,
  imageHash: text,
  imagePullSecrets: anything,
  imagePullPolicy: text,
  dealerURI: text,
  platform: anything,
  readinessTimeoutSeconds: whole,
  waitReadinessTimeoutBeforeFailure: flag,
  securityContext: anything,
  serviceType: text,
  serviceAccount: text,
  priorityClassName: text,
  preemptionPolicy: text,
  preemptionMode: text,
  affinity: anything,
  nodeSelector: anything,
  nodeName: text,
  tolerations: anything,
  deploymentStrategy: anything,
  hostIPC: flag,
  sidecars: anything,
  initContainers: anything,
  devices: anything,
  avatar: text,
  disableSensitiveFieldsMasking: flag,
}

/** `spec.build`: of it only the place of the sources is used. */
export const buildSchema = optional(
  object({
    path: optional(string({ doc: 'Folder or file with the sources, when it is on this machine' })),
    functionSourceCode: optional(string({ doc: 'The sources in base64, taken when there is no handler file' })),
    functionConfigPath: text,
    tempDir: text,
    registry: text,
    baseImageRegistry: text,
    image: text,
    noBaseImagesPull: flag,
    noCache: flag,
    noCleanup: flag,
    baseImage: text,
    onbuildImage: text,
    offline: flag,
    commands: texts,
    directives: anything,
    scriptPaths: texts,
    addedPaths: anything,
    dependencies: texts,
    runtimeAttributes: anything,
    codeEntryType: text,
    codeEntryAttributes: anything,
    timestamp: anything,
    buildTimeoutSeconds: whole,
    mode: text,
    args: anything,
    flags: anything,
    builderServiceAccount: text,
  }),
)
