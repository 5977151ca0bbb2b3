export { Resampler, type ResamplerOptions } from './resampler.ts'
