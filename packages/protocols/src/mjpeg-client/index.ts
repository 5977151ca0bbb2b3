export { type AnswerFacts, Camera, type CameraOptions } from './camera.ts'
export { CameraClient, type CameraClientOptions } from './camera-client.ts'
export { type CameraAddress, type CameraTarget, cameraTarget } from './camera-target.ts'
