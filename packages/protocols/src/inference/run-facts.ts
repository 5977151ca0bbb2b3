/** What a worker that runs models by itself tells of the run of a request; times in whole microseconds. */
export interface RunFacts {
  /** From the request's arrival until its run began. */
  queueUs: number
  /** Joining the inputs of the run. */
  inputUs: number
  /** The run itself. */
  inferUs: number
  /** Splitting the outputs of the run. */
  outputUs: number
  /** Rows of the run, those of other requests included; 1 without batching. */
  rows: number
  /** True for one request of each run. */
  isFirst: boolean
}
